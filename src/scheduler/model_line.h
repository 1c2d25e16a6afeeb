// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/memory_pool.h"
#include "base/mutex.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "scheduler/answer_order.h"
#include "scheduler/batch_queue.h"
#include "scheduler/batch_runner.h"
#include "scheduler/model_metrics.h"
#include "scheduler/run_times.h"

namespace trireme {

// The line of one model version and the instances that work it off.
//
// There is no batcher thread: an instance is a thread that runs the model, and whenever it is free it takes what is
// due. A model without batching is the same path with max_rows = 1. When nobody waits, an instance is free and runs of
// this size are known to be short, Push() runs the model itself, on the caller's thread: a hand-off would cost more.
//
// A request whose time runs out while it waits is answered then, without a run, if an instance is free to see it; while
// all of them run, as soon as one has finished.
//
// Every request pushed is answered exactly once, also when the line is full (kOverloaded) or closed (kUnavailable).
// Thread-safe.
class ModelLine {
 public:
  struct Options {
    BatchRules rules;
    int instances = 1;
    bool run_inline = true;
    // Requests run alone and never inline: their responses leave as the model gives them.
    bool decoupled = false;
  };

  // Takes the model; pool, metrics and clock must outlive the line.
  ModelLine(ModelId id, Signature signature, std::unique_ptr<OpenModel> model, Options options, MemoryPool& pool,
            ModelMetrics& metrics, const Clock& clock = Clock::System());
  ~ModelLine();  // Close()
  ModelLine(const ModelLine&) = delete;
  ModelLine& operator=(const ModelLine&) = delete;

  // The request has passed the engine's check. May answer it before it returns.
  void Push(RequestPtr request);

  // Answers what waits, ends the instances and destroys the model. Returns when that is done. Not on an I/O loop.
  void Close();

  // Requests that wait, not those being run.
  size_t waiting() const;

  const Options& options() const { return options_; }

  // Threads that the system gave it: as many as were asked for, or fewer. Without one nothing may be pushed.
  size_t instances() const { return instances_.size(); }

 private:
  void WorkAsInstance(int number);
  bool TakeWork(Taken& taken);
  // What became of a request that was pushed and is not ours any more, or is to be refused or run.
  struct Entry {
    Status refused;
    bool wake = false;  // somebody sleeps who could take it
  };
  Entry Enter(RequestPtr& request);
  Status WhyRefused(const InferRequest& request) const REQUIRES(mutex_);
  Status WhyNoRoom(BatchQueue::Bound bound, const InferRequest& request) const REQUIRES(mutex_);
  bool MayRunInline(const InferRequest& request) const REQUIRES(mutex_);
  void Work(Taken taken);

  const ModelId id_;
  const Signature signature_;
  const Options options_;
  const Clock& clock_;
  std::unique_ptr<OpenModel> model_;
  ModelMetrics& metrics_;
  BatchRunner runner_;
  const std::unique_ptr<AnswerOrder> order_;  // if answers are to keep it

  mutable Mutex mutex_;
  CondVar changed_;
  BatchQueue queue_ GUARDED_BY(mutex_);
  RunTimes run_times_ GUARDED_BY(mutex_);
  int running_ GUARDED_BY(mutex_) = 0;  // instances at work, the callers of inline runs included
  int asleep_ GUARDED_BY(mutex_) = 0;   // instances that wait for work
  bool closing_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> instances_;  // touched by the constructor and Close() alone
};

}  // namespace trireme
