// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "base/clock.h"

namespace trireme {

// A clock that stands still until told otherwise. Thread-safe.
class ManualClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  void Advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_ = std::chrono::nanoseconds(std::chrono::hours(1)).count();  // a lone counter
};

}  // namespace trireme
