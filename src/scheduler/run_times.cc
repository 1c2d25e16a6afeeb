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
  Duration& smoothed = smoothed_[ClassOf(input_bytes, kClasses)];
  // At least 1 ns: zero means "never seen".
  took = std::max(took, Duration(1));
  // An eighth at a time: one run that was interrupted does not decide, a lasting change shows within some tens of runs.
  smoothed = smoothed == Duration(0) ? took : std::max(Duration(1), smoothed + (took - smoothed) / 8);
}

std::optional<Duration> RunTimes::Expected(size_t input_bytes) const {
  const Duration smoothed = smoothed_[ClassOf(input_bytes, kClasses)];
  if (smoothed == Duration(0)) return std::nullopt;
  return smoothed;
}

}  // namespace trireme
