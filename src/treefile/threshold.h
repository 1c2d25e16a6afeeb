// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace trireme::treefile {

// For float32 values x, "x <= bound" is the same as "x < ThresholdFor(bound)": the float after the largest one that is
// not above the bound. Nothing if the bound is infinite, as no float is above all others, or NaN.
std::optional<float> ThresholdFor(double bound);

}  // namespace trireme::treefile
