// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace trireme {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline constexpr TimePoint kNever = TimePoint::max();

// Where a part asks what time it is, so that a test can turn the hands (testing/manual_clock.h).
// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;

  // The monotonic clock of this machine. Lives as long as the process.
  static const Clock& System();
};

}  // namespace trireme
