// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Clang's thread-safety annotations: `./dev lint` compiles with them; for other compilers they are nothing.
#if defined(__clang__)
#define TRIREME_ANNOTATE(x) __attribute__((x))
#else
#define TRIREME_ANNOTATE(x)
#endif
#define CAPABILITY(x) TRIREME_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY TRIREME_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) TRIREME_ANNOTATE(guarded_by(x))
#define REQUIRES(...) TRIREME_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) TRIREME_ANNOTATE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) TRIREME_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) TRIREME_ANNOTATE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TRIREME_ANNOTATE(no_thread_safety_analysis)

namespace trireme {

// std::mutex with a name that Clang can check.
class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits with a Mutex held. Wake-ups may be spurious: the caller loops on its condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // Returns when woken or when `until` has passed, whichever is first.
  void WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point until) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_until(lock, until);
    lock.release();
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace trireme
