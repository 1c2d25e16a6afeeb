// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace trireme {

// How long runs of a model take, by how many bytes go in: an estimate for each power of two, since what a model with
// free dimensions costs follows from the size of its input, in a way only the model knows. It settles near the median:
// on a shared machine some runs are interrupted for longer than they take.
//
// Not thread-safe: guarded by the lock of the line that owns it.
class RunTimes {
 public:
  void Record(size_t input_bytes, Duration took);

  // Nothing until runs of about this size were seen.
  std::optional<Duration> Expected(size_t input_bytes) const;

 private:
  static constexpr size_t kClasses = 48;  // up to 2^47 bytes
  std::array<Duration, kClasses> expected_{};
};

}  // namespace trireme
