// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace trireme::bench {

// How long things took, in bounded memory (36 KiB): buckets that are at most 1/128 of their value wide, so that a
// quantile is right to 0.4 %. Durations below 256 ns are exact, those over 18 minutes count as that. Not thread-safe.
class LatencyHistogram {
 public:
  LatencyHistogram();

  void Record(Duration latency);
  void Add(const LatencyHistogram& other);

  uint64_t count() const { return count_; }
  Duration max() const { return max_; }  // exact

  // The latency that this share (0 to 1) of the recorded ones does not exceed; 0 if there is none.
  Duration Quantile(double share) const;

  // How many took longer; those that took as long as the bound to 0.4 % may be counted on either side.
  uint64_t CountAbove(Duration bound) const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  Duration max_{0};
};

}  // namespace trireme::bench
