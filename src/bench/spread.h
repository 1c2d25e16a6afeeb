// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace trireme::bench {

// What several measurements of one thing say.
struct Spread {
  double median = 0;  // of an even number of values the mean of the middle two
  double min = 0;
  double max = 0;

  bool operator==(const Spread&) const = default;
};

// All zero if there are no values.
Spread SpreadOf(std::vector<double> values);

}  // namespace trireme::bench
