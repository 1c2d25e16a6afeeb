// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace trireme::trees {

// Threads that help with large batches, of all models together. They start with the first run that wants any, and sleep
// while none does. A run has only as many as there are processors left by the others, and none if its caller stands
// back for others (base/quiet_thread.h); what nobody helps with the caller does itself.
//
// Thread-safe. Nobody may be in Run() any more when it is destroyed.
class RowTeam {
 public:
  // Of helpers and callers together, so many run at a time.
  explicit RowTeam(int processors);
  ~RowTeam();
  RowTeam(const RowTeam&) = delete;
  RowTeam& operator=(const RowTeam&) = delete;

  // Calls `work` with each number below `shares`, on the calling thread and up to `threads` - 1 others, and returns
  // when all calls have.
  void Run(int threads, size_t shares, const std::function<void(size_t)>& work) EXCLUDES(mutex_);

  // Helpers that have been started, for tests.
  int started() const EXCLUDES(mutex_);

 private:
  // A run that is on its way. Lives on its caller's stack, until nobody is in it.
  struct Task {
    const std::function<void(size_t)>& work;
    size_t shares;
    int wanted;       // helpers that may still come
    size_t next = 0;  // share
    int inside = 0;   // helpers
  };

  void Help();
  void Start(int helpers) REQUIRES(mutex_);
  void TakeShares(Task& task) REQUIRES(mutex_);
  Task* FindTask() const REQUIRES(mutex_);

  const int processors_;
  mutable Mutex mutex_;
  CondVar wanted_;  // there is a task, or the end
  CondVar left_;    // a helper has left a task
  std::vector<Task*> tasks_ GUARDED_BY(mutex_);
  std::vector<std::thread> helpers_ GUARDED_BY(mutex_);
  int busy_ GUARDED_BY(mutex_) = 0;  // callers and helpers that are at work
  bool closing_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme::trees
