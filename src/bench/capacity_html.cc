// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/capacity_report.h"
#include "bench/cell_table.h"
#include "bench/html_page.h"
#include "bench/latency_chart.h"
#include "bench/report_text.h"
#include "bench/svg_chart.h"

namespace trireme::bench {
namespace {

struct ChartWords {
  std::string title, x_name, y_name;
};

// A line a variant, of the points that `points` gives for it, over something that is counted.
template <typename Points>
Chart ChartOf(const CapacityReport& report, ChartWords words, Points points) {
  Chart chart{.title = std::move(words.title),
              .x_name = std::move(words.x_name),
              .y_name = std::move(words.y_name),
              .lines = {},
              .has_whole_x = true};
  for (size_t i = 0; i < report.rows.size() && i < kMostChartLines; ++i) {
    chart.lines.push_back(
        {.name = report.rows[i].name, .points = points(report.rows[i]), .colour = static_cast<int>(i) + 1});
  }
  return chart;
}

using PointList = std::vector<std::pair<double, double>>;

// The unit of an axis, so that its numbers are neither long nor below one.
struct Unit {
  double size = 1;
  std::string name;
};

Unit MemoryUnit(const CapacityReport& report) {
  uint64_t most = 0;
  for (const CapacityRow& row : report.rows) {
    most = std::max({most, row.budget_bytes, row.used_bytes.empty() ? 0 : row.used_bytes.back()});
  }
  if (most >= uint64_t{1} << 30) return {.size = 1 << 30, .name = "GiB"};
  return {.size = 1 << 20, .name = "MiB"};
}

Unit LoadTimeUnit(const CapacityReport& report) {
  double most = 0;
  for (const CapacityRow& row : report.rows) {
    for (const double seconds : row.load_seconds) most = std::max(most, seconds);
  }
  if (most >= 1) return {.size = 1, .name = "s"};
  return {.size = 1e-3, .name = "ms"};
}

// One line for each budget: variants that have the same one share it.
void AddBudgets(const CapacityReport& report, const Unit& unit, Chart& chart) {
  size_t models = 1;
  std::set<uint64_t> budgets;
  for (const CapacityRow& row : report.rows) {
    models = std::max(models, row.used_bytes.size());
    if (row.budget_bytes > 0) budgets.insert(row.budget_bytes);
  }
  for (const uint64_t budget : budgets) {
    const double height = static_cast<double>(budget) / unit.size;
    chart.lines.push_back({.name = "budget of " + RoughBytes(budget),
                           .points = {{0, height}, {static_cast<double>(models), height}},
                           .is_bound = true});
  }
}

void AppendMemoryChart(std::string& out, const CapacityReport& report) {
  const Unit unit = MemoryUnit(report);
  const ChartWords words = {"Memory, with each model that is loaded", "models in memory", "memory, " + unit.name};
  Chart chart = ChartOf(report, words, [&](const CapacityRow& row) {
    PointList points = {{0, static_cast<double>(row.before_bytes) / unit.size}};
    for (size_t i = 0; i < row.used_bytes.size(); ++i) {
      points.emplace_back(i + 1, static_cast<double>(row.used_bytes[i]) / unit.size);
    }
    return points;
  });
  AddBudgets(report, unit, chart);
  out += DrawChart(chart);
}

void AppendLoadTimeChart(std::string& out, const CapacityReport& report) {
  const Unit unit = LoadTimeUnit(report);
  const ChartWords words = {"How long each took to load", "models, in the order of loading", "load time, " + unit.name};
  out += DrawChart(ChartOf(report, words, [&](const CapacityRow& row) {
    PointList points;
    for (size_t i = 0; i < row.load_seconds.size(); ++i) points.emplace_back(i + 1, row.load_seconds[i] / unit.size);
    return points;
  }));
}

template <typename Value>
Chart StageChart(const CapacityReport& report, std::string title, std::string y_name, Value value) {
  const ChartWords words = {std::move(title), "users at a time, on a logarithmic scale", std::move(y_name)};
  Chart chart = ChartOf(report, words, [&](const CapacityRow& row) {
    PointList points;
    for (const CapacityStage& stage : row.stages) points.emplace_back(stage.users, value(stage));
    return points;
  });
  chart.has_log_x = true;
  return chart;
}

void AppendCharts(std::string& out, const CapacityReport& report) {
  AppendMemoryChart(out, report);
  AppendLoadTimeChart(out, report);
  out += DrawChart(StageChart(report, "Throughput, users at random models", "requests/s",
                              [](const CapacityStage& stage) { return stage.per_second(); }));
  for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    Chart chart = StageChart(report, std::string("Latency, ") + name, "latency, ms", [&](const CapacityStage& stage) {
      return Microseconds(stage.latency.Quantile(share)) / 1000;
    });
    chart.has_log_y = true;
    out += DrawChart(chart);
  }
}

}  // namespace

std::string Html(const CapacityReport& report) {
  std::string out = HtmlBegin("Models in a memory budget");
  for (const std::string& note : report.Notes()) out += "<p class=\"note\">" + EscapeHtml(note) + "</p>\n";
  std::vector<Cells> rows = {CapacityColumns()};
  for (const CapacityRow& row : report.rows) rows.push_back(CapacityCells(row));
  AppendHtmlTable(out, rows);
  AppendCharts(out, report);
  AppendHtmlAbout(out, report.About());
  out += kHtmlEnd;
  return out;
}

}  // namespace trireme::bench
