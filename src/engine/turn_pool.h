// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "engine/turn_line.h"

namespace trireme {

// Workers who do tasks turn by turn, in the order of a TurnLine.
//
// Thread-safe. The destructor finishes what is there; a task may not destroy its own pool.
class TurnPool {
 public:
  struct Options {
    std::string name = "turns";  // of the threads
    int threads = 1;
    TurnLine::Options line = {};
  };

  explicit TurnPool(const Options& options);
  ~TurnPool();
  TurnPool(const TurnPool&) = delete;
  TurnPool& operator=(const TurnPool&) = delete;

  // The task comes back if the line is full: whoever submits it refuses it.
  std::unique_ptr<TurnTask> Submit(std::unique_ptr<TurnTask> task);

  // What ends something that has been begun (TurnLine::PushFirst).
  void SubmitFirst(std::unique_ptr<TurnTask> task);

  // Whether Submit() would give a task back.
  bool full() const;

  // Memory that the tasks hold.
  size_t bytes() const;

  // Until there is no task. It is no end if others go on submitting.
  void WaitUntilEmpty();

 private:
  void Work();
  std::optional<TurnLine::Turn> Wait();
  std::optional<TurnLine::Turn> Follow(const TurnLine::Turn& turn);
  std::optional<TurnLine::Turn> Prepare(const TurnLine::Turn& turn);
  std::optional<TurnLine::Turn> Do(const TurnLine::Turn& turn);
  void End(const TurnLine::Turn& turn);
  void WakeAnother() REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  CondVar emptied_;
  TurnLine line_ GUARDED_BY(mutex_);
  int idle_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  ThreadPool threads_;  // last: they use the rest
};

}  // namespace trireme
