// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "predict/options.h"
#include "predict/run.h"

namespace trireme::predict {

// "scores.csv: 1,000 rows in 1.2 s (833 rows/s)", and which were passed over; with several lines.
std::string SummaryText(const Summary& summary, const PredictOptions& options);

// The same as one JSON object, with a line end.
std::string SummaryJson(const Summary& summary, const PredictOptions& options);

}  // namespace trireme::predict
