// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <pthread.h>

#include <new>
#include <system_error>
#include <utility>

namespace trireme {

void NameThisThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  // The first allocation gives a thread its part of the allocator: better now than when memory is short.
  ::operator delete(::operator new(1));
}

ThreadPool::ThreadPool(Options options) : options_(std::move(options)) {
  try {
    const MutexLock lock(mutex_);
    threads_.reserve(options_.threads);
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
  } catch (...) {  // the system gave some of them: those that it gave have to end
    End();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  End();
}

void ThreadPool::End() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    threads.swap(threads_);
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads) thread.join();
}

void ThreadPool::AddThread() {
  const MutexLock lock(mutex_);
  if (closing_) return;
  try {
    threads_.emplace_back([this] { Work(); });
  } catch (const std::system_error&) {
    // Those there are do the same work.
  }
}

bool ThreadPool::Submit(std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (waiting_.size() >= options_.max_waiting) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.NotifyOne();
  return true;
}

void ThreadPool::Work() {
  NameThisThread(options_.name);
  while (true) {
    std::function<void()> job;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !closing_) changed_.Wait(mutex_);
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    try {
      job();
    } catch (const std::bad_alloc&) {
      // What it owed it answered on its way; the others in line are as good as before.
    }
  }
}

}  // namespace trireme
