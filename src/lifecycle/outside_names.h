// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace trireme {

// The names of models that are loaded from outside of the repositories. Thread-safe.
class OutsideNames {
 public:
  void Add(const std::string& name) {
    const MutexLock lock(mutex_);
    names_.insert(name);
  }
  // Whether it was there.
  bool Remove(const std::string& name) {
    const MutexLock lock(mutex_);
    return names_.erase(name) > 0;
  }
  bool Contains(std::string_view name) const {
    const MutexLock lock(mutex_);
    return names_.find(name) != names_.end();
  }

 private:
  mutable Mutex mutex_;
  std::set<std::string, std::less<>> names_ GUARDED_BY(mutex_);
};

}  // namespace trireme
