// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace trireme {

// A fixed number of threads working off a bounded line of jobs, oldest first.
//
// Thread-safe. The destructor finishes the jobs in line and joins; a job may not destroy its own pool. One that ends
// with std::bad_alloc has ended, and that is all: what it owed is its own business.
class ThreadPool {
 public:
  struct Options {
    std::string name = "pool";  // of the threads, as `top -H` shows them; 15 letters at most
    int threads = 1;
    size_t max_waiting = 1024;  // jobs in line
  };

  explicit ThreadPool(Options options);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // One more, because a job holds one of them for ever. What the system refuses stays out.
  void AddThread();

  // False if the line is full: the job was not taken.
  bool Submit(std::function<void()> job);

 private:
  void Work();
  void End();

  const Options options_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

// Names the calling thread for debuggers and `top -H`.
void NameThisThread(const std::string& name);

}  // namespace trireme
