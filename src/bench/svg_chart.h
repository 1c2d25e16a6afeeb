// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
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
  bool is_bound = false;                          // a limit to see the others against: dashed, without dots
};

struct ChartTick {
  double at = 0;
  std::string text;
};

// A stretch of the x axis that is not like the rest.
struct ChartBand {
  double from = 0;
  double to = 0;
  std::string text;
};

// One point that matters more than the others.
struct ChartMark {
  double x = 0;
  double y = 0;
  std::string text;
};

// The size of a chart's text on a narrow screen, in its own units, of which it is 720 wide. What then has no room is of
// the class "wide-only".
inline constexpr int kNarrowTextSize = 26;

// Lines over an axis, drawn as SVG whose looks come from the page's style (classes "axis", "grid", "band", "line",
// "mark", "c1"...).
struct Chart {
  std::string title;  // for those who cannot see it too
  std::string x_name, y_name;
  std::vector<ChartLine> lines;
  std::vector<ChartTick> x_ticks;  // empty: found by the points
  bool has_log_y = false;          // values of 0 are then left out
  bool has_log_x = false;          // the same
  bool has_whole_x = false;        // counts: nothing between two of them is named
  std::optional<ChartBand> band;   // behind the lines
  std::optional<ChartMark> mark;   // before them
};

// One <svg> element, with a legend if there are several lines. Pure.
std::string DrawChart(const Chart& chart);

// Round values from `low` to `high`, about `count` of them.
std::vector<double> RoundTicks(double low, double high, int count);

// Text in HTML or an attribute.
std::string EscapeHtml(std::string_view text);

}  // namespace trireme::bench
