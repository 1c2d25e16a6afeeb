// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/latency_histogram.h"
#include "bench/svg_chart.h"

namespace trireme::bench {

// Latency, in milliseconds, against how far out a share of requests lies: 50 %, 90 % and 99 % stand equally far apart.
// Up to where a single request would decide.
ChartLine PercentileLine(const std::string& name, const LatencyHistogram& latency, int colour);

// A chart of such lines.
Chart PercentileChart(std::vector<ChartLine> lines);

inline constexpr size_t kMostChartLines = 8;  // of one chart, as many as there are colours

}  // namespace trireme::bench
