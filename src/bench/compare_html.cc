// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bench/cell_table.h"
#include "bench/compare_report.h"
#include "bench/html_page.h"
#include "bench/latency_chart.h"
#include "bench/report_text.h"
#include "bench/svg_chart.h"

namespace trireme::bench {
namespace {

int ColourOf(size_t target) {
  return static_cast<int>(target % kMostChartLines) + 1;
}

size_t LinesOf(const CompareReport& report) {
  return std::min(report.options.targets.size(), kMostChartLines);
}

// A line a target, of the points that `points` gives for its row.
template <typename Points>
std::vector<ChartLine> LinesOf(const CompareReport& report, size_t section, Points points) {
  std::vector<ChartLine> lines;
  for (size_t i = 0; i < LinesOf(report); ++i) {
    ChartLine line{.name = report.options.targets[i].name,
                   .points = points(report.sections[section].rows[i]),
                   .colour = ColourOf(i)};
    if (!line.points.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

using PointList = std::vector<std::pair<double, double>>;

std::string RoundsChart(const CompareReport& report, size_t section) {
  Chart chart{.title = "Throughput, round by round", .x_name = "round", .y_name = "requests/s", .has_whole_x = true};
  chart.lines = LinesOf(report, section, [](const CompareRow& row) {
    PointList points;
    for (const CompareRound& round : row.rounds) {
      if (round.counts) points.emplace_back(round.number, round.measured->per_second);
    }
    return points;
  });
  return DrawChart(chart);
}

std::string LatencyChart(const CompareReport& report, size_t section) {
  std::vector<ChartLine> lines;
  for (size_t i = 0; i < LinesOf(report); ++i) {
    lines.push_back(PercentileLine(report.options.targets[i].name, Summarize(report, section, i).latency, ColourOf(i)));
  }
  return DrawChart(PercentileChart(std::move(lines)));
}

// What a search for a goodput tried: the goal's quantile at each rate, and the goal.
std::string TriesChart(const CompareReport& report, size_t section) {
  const ServiceGoal& goal = *report.sections[section].load.load.goal;
  Chart chart{.title = "Latency at the rates that were tried: " + ToString(goal),
              .x_name = "requests/s",
              .y_name = "milliseconds",
              .has_log_y = true};
  double most = 0;
  chart.lines = LinesOf(report, section, [&](const CompareRow& row) {
    PointList points;
    for (const CompareRound& round : row.rounds) {
      if (!round.goodput) continue;
      for (const GoodputTry& each : round.goodput->tries) {
        points.emplace_back(each.per_second, Microseconds(each.latency) / 1000);
        most = std::max(most, each.per_second);
      }
    }
    std::ranges::sort(points);
    return points;
  });
  const double height = Microseconds(goal.latency) / 1000;
  chart.lines.push_back({.name = "the goal", .points = {{0, height}, {most, height}}, .is_bound = true});
  return DrawChart(chart);
}

// Each target's ratio to the first, as an upright stroke from one end of the interval to the other.
std::string RatioChart(const CompareReport& report, size_t section) {
  if (report.options.targets.size() < 2) return {};
  const bool of_rate = report.sections[section].load.kind != CompareLoad::Kind::kOpen;
  Chart chart{.title = of_rate ? "Requests/s as a multiple of the first, with 95 % intervals"
                               : "p99 as a multiple of the first's, with 95 % intervals",
              .x_name = "server",
              .y_name = "times the first",
              .has_log_y = true};
  const size_t targets = LinesOf(report);
  for (size_t i = 0; i < targets; ++i) {
    const auto x = static_cast<double>(i + 1);
    chart.x_ticks.push_back({x, report.options.targets[i].name});
    const CompareSummary row = Summarize(report, section, i);
    const Interval& ratio = of_rate ? row.rate_ratio : row.p99_ratio;
    if (ratio.count == 0) continue;
    chart.lines.push_back({.name = report.options.targets[i].name,
                           .points = {{x, ratio.low}, {x, ratio.median}, {x, ratio.high}},
                           .colour = ColourOf(i)});
  }
  if (chart.lines.empty()) return {};
  chart.lines.push_back({.name = report.options.targets[0].name,
                         .points = {{0.5, 1}, {static_cast<double>(targets) + 0.5, 1}},
                         .is_bound = true});
  return DrawChart(chart);
}

void AppendSection(std::string& out, const CompareReport& report, size_t section) {
  const CompareSection& all = report.sections[section];
  out += "<h2>" + EscapeHtml(Describe(all.load)) + "</h2>\n";
  AppendHtmlTable(out, CompareTable(report, section));
  out += "<p class=\"facts\">";
  for (size_t i = 0; i < all.rows.size(); ++i) out += EscapeHtml(DescribeTarget(report, section, i)) + "<br>";
  for (const std::string& remark : CompareRemarks(report, section)) out += EscapeHtml(remark) + "<br>";
  out += "</p>\n";
  if (all.load.kind == CompareLoad::Kind::kGoodput) out += TriesChart(report, section);
  out += RatioChart(report, section) + LatencyChart(report, section);
  if (report.options.rounds > 1) out += RoundsChart(report, section);
}

}  // namespace

std::string Html(const CompareReport& report) {
  std::string out = HtmlBegin("Comparison");
  for (const std::string& note : report.Notes()) out += "<p class=\"note\">" + EscapeHtml(note) + "</p>\n";
  for (size_t i = 0; i < report.sections.size(); ++i) AppendSection(out, report, i);
  AppendHtmlAbout(out, report.About());
  out += kHtmlEnd;
  return out;
}

}  // namespace trireme::bench
