// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme::bench {

// A line in a chart.
struct ChartLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // from left to right
  int colour = 1;                                 // 1 to 8: the page's style says what they look like
  bool is_step = false;                           // holds its value until the next point
};

struct ChartTick {
  double at = 0;
  std::string text;
};

// Lines over an axis, drawn as SVG whose looks come from the page's style (classes "axis", "grid", "line", "c1"...).
struct Chart {
  std::string title;  // for those who cannot see it too
  std::string x_name, y_name;
  std::vector<ChartLine> lines;
  std::vector<ChartTick> x_ticks;  // empty: found by the points
  bool has_log_y = false;          // values of 0 are then left out
};

// One <svg> element, with a legend if there are several lines. Pure.
std::string DrawChart(const Chart& chart);

// Round values from `low` to `high`, about `count` of them.
std::vector<double> RoundTicks(double low, double high, int count);

// Text in HTML or an attribute.
std::string EscapeHtml(std::string_view text);

}  // namespace trireme::bench
