// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "base/mutex.h"

namespace trireme {

// An immutable value that is replaced as a whole: readers take the table of the moment and keep it as long as
// they like; a writer publishes a new one instead of editing the old.
//
// Thread-safe. The lock covers one pointer copy. (std::atomic<std::shared_ptr> takes a lock of its own in libstdc++
// 12, and ThreadSanitizer cannot see it.)
template <typename T>
class Snapshot {
 public:
  explicit Snapshot(T value = T()) : value_(std::make_shared<const T>(std::move(value))) {}

  std::shared_ptr<const T> Read() const {
    const MutexLock lock(mutex_);
    return value_;
  }

  void Publish(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    {
      const MutexLock lock(mutex_);
      value_.swap(next);
    }
    // The old value, if nobody reads it any more, is destroyed here, outside the lock.
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ GUARDED_BY(mutex_);  // shared with whoever is reading it
};

}  // namespace trireme
