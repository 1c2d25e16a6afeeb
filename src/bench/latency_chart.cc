// SPDX-License-Identifier: Apache-2.0
#include "bench/latency_chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/report_text.h"

namespace trireme::bench {
namespace {

// How far out a share lies: 0.9 is 1, 0.99 is 2.
double Nines(double share) {
  return -std::log10(1 - share);
}

}  // namespace

ChartLine PercentileLine(const std::string& name, const LatencyHistogram& latency, int colour) {
  ChartLine line{.name = name, .points = {}, .colour = colour};
  constexpr double kStep = 0.05;
  const double end =
      latency.count() == 0 ? -1 : std::min(Nines(0.9999), std::log10(static_cast<double>(latency.count())));
  for (double nines = 0; nines <= end + 1e-9; nines += kStep) {
    line.points.emplace_back(nines, Microseconds(latency.Quantile(1 - std::pow(10, -nines))) / 1000);
  }
  return line;
}

Chart PercentileChart(std::vector<ChartLine> lines) {
  return {.title = "Latency: the share of requests that were at most so slow",
          .x_name = "share of requests",
          .y_name = "milliseconds",
          .lines = std::move(lines),
          .x_ticks = {{0, "0 %"},
                      {Nines(0.5), "50 %"},
                      {Nines(0.9), "90 %"},
                      {Nines(0.99), "99 %"},
                      {Nines(0.999), "99.9 %"},
                      {Nines(0.9999), "99.99 %"}},
          .has_log_y = true};
}

}  // namespace trireme::bench
