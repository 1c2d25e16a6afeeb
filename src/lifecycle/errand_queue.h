// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// Something that was asked for by a model's name.
struct Errand {
  enum class Kind : uint8_t { kLoad, kUnload };
  Kind kind = Kind::kLoad;
  std::string name;
  LoadOverride instead;
  std::function<void(Status)> done;
};

// The errands that wait, in order for each name: of one name at most one is under way, and those of other names pass
// it. Thread-safe.
class ErrandQueue {
 public:
  explicit ErrandQueue(size_t most) : most_(most) {}

  // Refused (kOverloaded, kUnavailable) ones are answered before this returns.
  void Add(Errand errand);

  // Waits for one that may begin; it is under way until Finished(). Nothing: `until` has passed, or the queue is
  // closed.
  std::optional<Errand> Take(TimePoint until);
  void Finished(const std::string& name);

  // Answers what has not begun with kUnavailable, now and later.
  void Close();
  bool closed() const;

 private:
  std::deque<Errand>::iterator FindReady() REQUIRES(mutex_);

  const size_t most_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Errand> waiting_ GUARDED_BY(mutex_);
  std::set<std::string> under_way_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme
