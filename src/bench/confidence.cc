// SPDX-License-Identifier: Apache-2.0
#include "bench/confidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "bench/spread.h"

namespace trireme::bench {

double StudentPoint(size_t degrees) {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  constexpr std::array<double, 30> kPoints = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                              2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                              2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  constexpr double kNormal = 1.959964;
  if (degrees == 0) return std::numeric_limits<double>::infinity();
  if (degrees <= kPoints.size()) return kPoints[degrees - 1];
  // Cornish and Fisher's expansion, right to 0.001 from here on.
  const auto n = static_cast<double>(degrees);
  const double first = (std::pow(kNormal, 3) + kNormal) / 4;
  const double second = (5 * std::pow(kNormal, 5) + 16 * std::pow(kNormal, 3) + 3 * kNormal) / 96;
  return kNormal + first / n + second / (n * n);
}

Interval IntervalOf(std::span<const double> values) {
  std::vector<double> good;
  double sum = 0;
  bool has_extremes = false;
  for (const double value : values) {
    if (!(value >= 0)) continue;
    good.push_back(value);
    sum += std::log(value);
    has_extremes = has_extremes || value == 0 || std::isinf(value);
  }
  const double median = SpreadOf(good).median;
  if (good.empty() || std::isinf(median)) return {};
  Interval interval{
      .median = median, .low = median, .high = median, .count = good.size(), .has_extremes = has_extremes};
  if (!interval.has_width()) return interval;
  const auto n = static_cast<double>(good.size());
  const double mean = sum / n;
  double squares = 0;
  for (const double value : good) squares += std::pow(std::log(value) - mean, 2);
  const double half = StudentPoint(good.size() - 1) * std::sqrt(squares / (n - 1) / n);
  interval.low = std::min(median, std::exp(mean - half));
  interval.high = std::max(median, std::exp(mean + half));
  return interval;
}

Interval RatioOf(std::span<const double> values, std::span<const double> bases) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(values.size(), bases.size()); ++i) {
    if (values[i] > 0 || bases[i] > 0) ratios.push_back(values[i] / bases[i]);
  }
  return IntervalOf(ratios);
}

}  // namespace trireme::bench
