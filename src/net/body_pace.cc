// SPDX-License-Identifier: Apache-2.0
#include "net/body_pace.h"

#include <algorithm>

namespace trireme::net {

TimePoint TooSlowAt(const BodyPace& pace, const HttpLimits& limits) {
  const TimePoint stalled = pace.last_progress + limits.stall_timeout;
  if (limits.min_body_bytes_per_second == 0) return stalled;
  const double seconds_earned = static_cast<double>(pace.bytes) / static_cast<double>(limits.min_body_bytes_per_second);
  // Nobody sends for longer than a day; more would not fit in a Duration.
  const std::chrono::duration<double> earned(std::min(seconds_earned, 86'400.0));
  const Duration grace = std::max<Duration>(limits.stall_timeout, std::chrono::duration_cast<Duration>(earned));
  return std::min(stalled, pace.started + grace);
}

}  // namespace trireme::net
