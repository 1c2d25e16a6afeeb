// SPDX-License-Identifier: Apache-2.0
#include "metrics/quantile.h"

#include <cstddef>

namespace trireme::metrics {
namespace {

double LowerBound(const Buckets& buckets, size_t bucket) {
  return bucket == 0 ? 0 : static_cast<double>(buckets.bounds[bucket - 1]);
}

}  // namespace

std::optional<double> Quantile(const Buckets& buckets, const Histogram::Reading& reading, double share) {
  const double all = static_cast<double>(reading.count);
  // Of fewer than a hundred, the hundredth part is not even one.
  constexpr double kRounding = 1e-6;
  if (reading.count == 0 || all * (1 - share) < 1 - kRounding) return std::nullopt;
  const double wanted = all * share;
  double below = 0;
  for (size_t bucket = 0; bucket < buckets.bounds.size(); ++bucket) {
    const double inside = static_cast<double>(reading.counts[bucket]);
    if (inside > 0 && below + inside >= wanted) {
      const double lower = LowerBound(buckets, bucket);
      return lower + (static_cast<double>(buckets.bounds[bucket]) - lower) * (wanted - below) / inside;
    }
    below += inside;
  }
  return static_cast<double>(buckets.bounds.back());
}

}  // namespace trireme::metrics
