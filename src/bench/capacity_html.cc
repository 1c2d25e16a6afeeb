// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "bench/capacity_report.h"
#include "bench/html_page.h"
#include "bench/report_text.h"
#include "bench/svg_chart.h"

namespace trireme::bench {
namespace {

constexpr size_t kMostLines = 8;  // of one chart, as many as there are colours

void AppendTable(std::string& out, const CapacityReport& report) {
  const auto row = [&](const std::vector<std::string>& cells, std::string_view tag) {
    out += "<tr>";
    for (const std::string& cell : cells) {
      out.append("<").append(tag).append(">").append(EscapeHtml(cell)).append("</").append(tag).append(">");
    }
    out += "</tr>\n";
  };
  out += "<div class=\"wide\"><table>";
  row(CapacityColumns(), "th");
  for (const CapacityRow& variant : report.rows) row(CapacityCells(variant), "td");
  out += "</table></div>\n";
}

// A line a variant, of the points that `points` gives for it.
template <typename Points>
Chart ChartOf(const CapacityReport& report, std::string title, std::string x_name, std::string y_name, Points points) {
  Chart chart{.title = std::move(title), .x_name = std::move(x_name), .y_name = std::move(y_name), .lines = {}};
  for (size_t i = 0; i < report.rows.size() && i < kMostLines; ++i) {
    chart.lines.push_back(
        {.name = report.rows[i].name, .points = points(report.rows[i]), .colour = static_cast<int>(i) + 1});
  }
  return chart;
}

using PointList = std::vector<std::pair<double, double>>;

// Stages stand beside one another, whatever their users.
template <typename Value>
Chart StageChart(const CapacityReport& report, std::string title, std::string y_name, Value value) {
  Chart chart = ChartOf(report, std::move(title), "users", std::move(y_name), [&](const CapacityRow& row) {
    PointList points;
    for (size_t i = 0; i < row.stages.size(); ++i) points.emplace_back(i + 1, value(row.stages[i]));
    return points;
  });
  for (const CapacityRow& row : report.rows) {
    for (size_t i = chart.x_ticks.size(); i < row.stages.size(); ++i) {
      chart.x_ticks.push_back({static_cast<double>(i + 1), std::to_string(row.stages[i].users)});
    }
  }
  return chart;
}

void AppendCharts(std::string& out, const CapacityReport& report) {
  out += DrawChart(ChartOf(report, "Memory, with each model that is loaded", "models", "GiB", [](const auto& row) {
    PointList points = {{0, static_cast<double>(row.before_bytes) / (1 << 30)}};
    for (size_t i = 0; i < row.used_bytes.size(); ++i) {
      points.emplace_back(i + 1, static_cast<double>(row.used_bytes[i]) / (1 << 30));
    }
    return points;
  }));
  out += DrawChart(ChartOf(report, "How long each took to load", "models", "seconds", [](const auto& row) {
    PointList points;
    for (size_t i = 0; i < row.load_seconds.size(); ++i) points.emplace_back(i + 1, row.load_seconds[i]);
    return points;
  }));
  out += DrawChart(StageChart(report, "Throughput, users at random models", "requests/s",
                              [](const CapacityStage& stage) { return stage.per_second(); }));
  for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    Chart chart = StageChart(report, std::string("Latency, ") + name, "milliseconds", [&](const CapacityStage& stage) {
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
  AppendTable(out, report);
  AppendCharts(out, report);
  AppendHtmlAbout(out, report.About());
  out += kHtmlEnd;
  return out;
}

}  // namespace trireme::bench
