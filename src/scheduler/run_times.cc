// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_times.h"

#include <algorithm>
#include <bit>

namespace trireme {
namespace {

size_t ClassOf(size_t bytes, size_t classes) {
  return std::min<size_t>(std::bit_width(bytes), classes - 1);
}

}  // namespace

void RunTimes::Record(size_t input_bytes, Duration took) {
  Duration& expected = expected_[ClassOf(input_bytes, kClasses)];
  // At least 1 ns: zero means "never seen".
  took = std::max(took, Duration(1));
  if (expected == Duration(0)) {
    expected = took;
    return;
  }
  // By an eighth of itself at most: a run that was interrupted counts like any other that was a little too long, and a
  // lasting change by a factor of ten shows within twenty runs.
  const Duration step = std::max(expected / 8, Duration(1));
  expected = std::max(std::clamp(took, expected - step, expected + step), Duration(1));
}

std::optional<Duration> RunTimes::Expected(size_t input_bytes) const {
  const Duration expected = expected_[ClassOf(input_bytes, kClasses)];
  if (expected == Duration(0)) return std::nullopt;
  return expected;
}

}  // namespace trireme
