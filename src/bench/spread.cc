// SPDX-License-Identifier: Apache-2.0
#include "bench/spread.h"

#include <algorithm>
#include <cstddef>

namespace trireme::bench {

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median, .min = values.front(), .max = values.back()};
}

}  // namespace trireme::bench
