// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
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
#include "scheduler/line_planner.h"
#include "scheduler/model_metrics.h"
#include "scheduler/processors.h"
#include "scheduler/run_times.h"
#include "scheduler/shape_book.h"

namespace trireme {

// The line of one model version and the instances that work it off.
//
// There is no batcher thread: an instance is a thread that runs the model, and whenever it is free it takes what is
// due. A model without batching is the same path with max_rows = 1.
//
// When nobody waits, an instance is free and runs of this size are known to be short, the caller runs the model itself:
// a hand-off would cost more. An event loop does so with all that it brings in a turn, as soon as that fills a batch
// and else at the turn's end, so that calls which arrive together share a run without waiting for one another.
//
// A run needs a place on the processors, for which the lines of all models compete (scheduler/processors.h); what a
// loop runs inline needs none, since it is over before another thread would have begun. Which requests are taken in,
// what is run next, with how many rows and processors, is decided by the line's planner (scheduler/line_planner.h).
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
    int threads = 1;  // that a run keeps busy, of the server's processors
    bool run_inline = true;
    // Requests run alone and never inline: their responses leave as the model gives them.
    bool decoupled = false;
    // Where the shapes of its runs are noted; shared by the lines of a model, and by who warms up the next. May be
    // null.
    std::shared_ptr<ShapeBook> shapes = {};

    std::optional<ServiceGoal> goal = {};
    // That its runs share with those of other lines; null: it has as many for itself as it has instances.
    std::shared_ptr<Processors> processors = {};
    double weight = 1;
    // Runs that were seen before it began.
    struct SeenRun {
      RunSize size;
      Duration took{0};
    };
    std::vector<SeenRun> seen_runs = {};
  };

  // Takes the model; pool, metrics and clock must outlive the line.
  ModelLine(ModelId id, Signature signature, std::unique_ptr<OpenModel> model, Options options, MemoryPool& pool,
            ModelMetrics& metrics, const Clock& clock = Clock::System());
  ~ModelLine();  // Close()
  ModelLine(const ModelLine&) = delete;
  ModelLine& operator=(const ModelLine&) = delete;

  // The request has passed the engine's check. May answer it before it returns.
  void Push(RequestPtr request);

  // Whether it would be refused for its deadline or the goal if it came now: of one whose inputs take work to make,
  // which would be in vain. Rows, bytes, `stages.received` and all that Push() goes by are set, the inputs themselves
  // are not looked at. kOverloaded says why; it counts as refused then.
  Status CheckAhead(InferRequest& request);

  // The same model, whose runs have all processors: from now on requests that come alone are run by it. `row` is how
  // long it took for one row of so many bytes; 0: nobody knows. Once.
  void AddWide(std::unique_ptr<OpenModel> wide, size_t row_bytes, Duration row);

  // What it goes by, for people and for metrics.
  LinePlanner::Account account() const;

  LinePlanner::Capacity capacity() const;

  // Answers what waits, ends the instances and destroys the model. Returns when that is done. Not on an I/O loop.
  void Close();

  // Requests that wait, not those being run.
  size_t waiting() const;

  const Options& options() const { return options_; }

  // Threads that the system gave it: as many as were asked for, or fewer. Without one nothing may be pushed.
  size_t instances() const { return instances_.size(); }

 private:
  class Turn;

  // What becomes of a request that is pushed. One that stays is to be refused, or else to be run here and now.
  struct Entry {
    Status refused;
    bool wake = false;      // somebody sleeps who could take it
    Turn* begun = nullptr;  // to be posted to its loop
    Turn* full = nullptr;   // to be worked off at once
  };
  Entry Enter(RequestPtr& request);
  bool Gathers(const InferRequest& request) const REQUIRES(mutex_);
  Turn* TurnOf(const Executor& loop) const REQUIRES(mutex_);
  Entry GatherOnLoop(RequestPtr& request, Turn* turn) REQUIRES(mutex_);
  Entry Wait(RequestPtr& request) REQUIRES(mutex_);
  Status WhyRefused(const InferRequest& request) const REQUIRES(mutex_);
  Status WhyLate(InferRequest& request) REQUIRES(mutex_);
  Status PromiseOrRefuse(InferRequest& request) REQUIRES(mutex_);
  void CountArrival(const InferRequest& request) REQUIRES(mutex_);
  Status WhyNoRoom(BatchQueue::Bound bound, const InferRequest& request) const REQUIRES(mutex_);
  bool IsCheap(const InferRequest& request) const REQUIRES(mutex_);
  bool IsShort(int64_t rows, size_t bytes) const REQUIRES(mutex_);

  // What an instance or a loop does next.
  struct Job {
    Taken taken;
    std::optional<Processors::Place> place;
    OpenModel* model = nullptr;
  };

  void WorkAsInstance(int number);
  bool TakeJob(Job& job);
  bool FindJob(Job& job, Processors::Grants& grants) REQUIRES(mutex_);
  void SleepUntilNews() REQUIRES(mutex_);
  void Work(Job job);
  void WorkOff(Turn& turn);
  void End(std::unique_ptr<Turn> turn);
  void PlaceGranted();

  // A run that was.
  struct Ran {
    RunSize size;
    std::optional<Duration> took;  // nothing: it failed
    TimePoint answered;
    std::vector<LinePlanner::Fared> fared;  // of requests to which something was promised
  };
  std::optional<Ran> Run(Job job);
  std::vector<LinePlanner::Fared> PromisesOf(const std::vector<RequestPtr>& batch) const;
  void Record(const std::optional<Ran>& ran) REQUIRES(mutex_);
  void GiveBackTurn() REQUIRES(mutex_);
  bool SleepersHaveWork() const REQUIRES(mutex_);

  const ModelId id_;
  const Signature signature_;
  const Options options_;
  const Clock& clock_;
  std::unique_ptr<OpenModel> model_;
  ModelMetrics& metrics_;
  const std::shared_ptr<Processors> processors_;  // shared with other lines
  const std::shared_ptr<Processors::Member> member_;
  BatchRunner runner_;
  const std::unique_ptr<AnswerOrder> order_;  // if answers are to keep it

  mutable Mutex mutex_;
  CondVar changed_;
  LinePlanner planner_ GUARDED_BY(mutex_);
  std::unique_ptr<OpenModel> wide_ GUARDED_BY(mutex_);  // stays once it is there
  int running_ GUARDED_BY(mutex_) = 0;                  // instances at work, callers that do their work included
  std::vector<Turn*> turns_ GUARDED_BY(mutex_);
  int asleep_ GUARDED_BY(mutex_) = 0;                   // instances that wait for work
  bool awaits_place_ GUARDED_BY(mutex_) = false;        // on the processors: asked for, and not granted
  bool may_hold_place_ GUARDED_BY(mutex_) = false;      // one was granted, and nobody has fetched it yet
  TimePoint sleeps_until_ GUARDED_BY(mutex_) = kNever;  // the one that went to sleep last
  bool closing_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> instances_;  // touched by the constructor and Close() alone
};

}  // namespace trireme
