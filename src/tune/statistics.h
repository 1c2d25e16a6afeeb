// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace trireme::tune {

// What repeated measurements say of what was measured.
struct Interval {
  double mean = 0;
  double low = 0;   // of 95 % confidence
  double high = 0;  // the same; infinite where nothing is known of the noise
  size_t count = 0;

  bool Overlaps(const Interval& other) const { return low <= other.high && other.low <= high; }
  bool operator==(const Interval&) const = default;
};

// How far measurements of one and the same thing lie apart, as a share of it.
struct Noise {
  double deviation = 0;
  size_t freedom = 0;  // degrees of: 0: nothing is known
};

// The noise of a machine, from all that was measured on it more than once: few repetitions of many candidates say
// together what those of one alone do not. Values of 0 are passed over, since nothing is a share of them.
Noise PooledNoise(std::span<const std::vector<double>> measurements);

// Student's, for as many degrees of freedom as the noise has. Never below 0.
Interval IntervalOf(std::span<const double> values, const Noise& noise);

}  // namespace trireme::tune
