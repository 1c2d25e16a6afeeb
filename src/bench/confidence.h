// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace trireme::bench {

// What repeated measurements of a positive quantity say of it.
struct Interval {
  double median = 0;  // of an even number the mean of the middle two
  double low = 0;     // between these it lies with a confidence of 95 %
  double high = 0;
  size_t count = 0;  // of measurements; of one alone nobody knows how far off it is: low and high are it

  bool has_width() const { return count > 1; }
  bool Contains(double value) const { return low <= value && value <= high; }
  bool operator==(const Interval&) const = default;
};

// Of values above 0; others are left out. The interval is Student's, of the values' logarithms, since what is measured
// here varies by factors; if it does not reach the median, it is widened to it. All zero without values.
Interval IntervalOf(std::span<const double> values);

// Of `values` to `bases`, each to the one at the same place: measured one behind the other, they share what the machine
// was busy with. Pairs in which one is not above 0 are left out.
Interval RatioOf(std::span<const double> values, std::span<const double> bases);

// The point that Student's distribution of so many degrees of freedom exceeds in 2.5 % of cases.
double StudentPoint(size_t degrees);

}  // namespace trireme::bench
