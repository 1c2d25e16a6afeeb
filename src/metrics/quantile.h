// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "metrics/instruments.h"

namespace trireme::metrics {

// The value that `share` (0 to 1) of what a histogram has seen does not exceed, in the buckets' own unit. Known as well
// as the buckets are narrow: inside of one, values count as spread evenly. Beyond the last bound it is that bound: "at
// least this". Nothing if too little was seen to tell: fewer than 1 / (1 - share) values, a hundred for a share of
// 0.99.
std::optional<double> Quantile(const Buckets& buckets, const Histogram::Reading& reading, double share);

}  // namespace trireme::metrics
