// SPDX-License-Identifier: Apache-2.0
#include "tune/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "bench/confidence.h"

namespace trireme::tune {
namespace {

double MeanOf(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Noise PooledNoise(std::span<const std::vector<double>> measurements) {
  double squares = 0;
  size_t freedom = 0;
  for (const std::vector<double>& values : measurements) {
    const double mean = MeanOf(values);
    if (values.size() < 2 || mean <= 0) continue;
    for (const double value : values) squares += (value / mean - 1) * (value / mean - 1);
    freedom += values.size() - 1;
  }
  if (freedom == 0) return {};
  return {.deviation = std::sqrt(squares / static_cast<double>(freedom)), .freedom = freedom};
}

Interval IntervalOf(std::span<const double> values, const Noise& noise) {
  Interval interval = {.mean = MeanOf(values), .count = values.size()};
  if (values.empty() || noise.freedom == 0) {
    interval.high = std::numeric_limits<double>::infinity();
    return interval;
  }
  const double error = interval.mean * noise.deviation / std::sqrt(static_cast<double>(values.size()));
  const double reach = bench::StudentPoint(noise.freedom) * error;
  interval.low = std::max(interval.mean - reach, 0.0);
  interval.high = interval.mean + reach;
  return interval;
}

}  // namespace trireme::tune
