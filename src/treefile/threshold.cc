// SPDX-License-Identifier: Apache-2.0
#include "treefile/threshold.h"

#include <cmath>
#include <limits>

namespace trireme::treefile {

std::optional<float> ThresholdFor(double bound) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr double kLargest = std::numeric_limits<float>::max();
  if (!(bound < std::numeric_limits<double>::infinity())) return std::nullopt;
  if (bound >= kLargest) return kInfinity;
  if (bound < -kLargest) return std::numeric_limits<float>::lowest();  // -infinity alone is below
  float nearest = static_cast<float>(bound);
  if (nearest > bound) nearest = std::nextafter(nearest, -kInfinity);
  return std::nextafter(nearest, kInfinity);
}

}  // namespace trireme::treefile
