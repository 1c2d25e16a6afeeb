// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace trireme::bench {

// What repeated measurements of a quantity that is not negative say of it.
struct Interval {
  double median = 0;  // of an even number the mean of the middle two
  double low = 0;     // between these it lies with a confidence of 95 %
  double high = 0;
  size_t count = 0;  // of measurements; of one alone nobody knows how far off it is: low and high are the median
  // One was 0, or a ratio to 0: logarithms have no place for it, and low and high are the median too.
  bool has_extremes = false;

  bool has_width() const { return count > 1 && !has_extremes; }
  bool Contains(double value) const { return low <= value && value <= high; }
  bool operator==(const Interval&) const = default;
};

// Of values that are no less than 0; others are left out. The interval is Student's, of the values' logarithms, since
// what is measured here varies by factors; if it does not reach the median, it is widened to it. All zero without
// values, and where the median is infinite.
Interval IntervalOf(std::span<const double> values);

// Of `values` to `bases`, each to the one at the same place: measured one behind the other, they share what the machine
// was busy with. Something to 0 counts as infinite; 0 to 0 says nothing, and is left out.
Interval RatioOf(std::span<const double> values, std::span<const double> bases);

// The point that Student's distribution of so many degrees of freedom exceeds in 2.5 % of cases.
double StudentPoint(size_t degrees);

}  // namespace trireme::bench
