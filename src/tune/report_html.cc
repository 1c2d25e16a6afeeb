// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bench/html_page.h"
#include "bench/report_text.h"
#include "bench/svg_chart.h"
#include "tune/report.h"

namespace trireme::tune {
namespace {

using bench::EscapeHtml;

constexpr size_t kMostLines = 6;  // of a chart: more hide one another

double Milliseconds(Duration duration) {
  return bench::Microseconds(duration) / 1000;
}

void AppendTable(std::string& out, const TuneReport& report, const ModelOutcome& model) {
  const auto row = [&](const std::vector<std::string>& cells, std::string_view tag) {
    out += "<tr>";
    for (const std::string& cell : cells) {
      out.append("<").append(tag).append(">").append(EscapeHtml(cell)).append("</").append(tag).append(">");
    }
    out += "</tr>\n";
  };
  out += "<div class=\"wide\"><table>";
  row(Columns(report, model), "th");
  for (const std::vector<std::string>& cells : Rows(report, model)) row(cells, "td");
  out += "</table></div>\n";
}

// The best, what the server decides by itself, and those next to the best.
std::vector<size_t> Shown(const ModelOutcome& model) {
  std::vector<size_t> shown;
  const auto add = [&](size_t candidate) {
    if (shown.size() < kMostLines && std::ranges::find(shown, candidate) == shown.end()) shown.push_back(candidate);
  };
  if (model.best) add(*model.best);
  for (const Standing& standing : model.result.standings) {
    if (model.candidates[standing.candidate].is_automatic()) add(standing.candidate);
  }
  for (const Standing& standing : model.result.standings) add(standing.candidate);
  return shown;
}

std::string QuantileName(const ModelOutcome& model) {
  const std::string goal = model.wanted.goal ? ToString(*model.wanted.goal) : "p99";
  return goal.substr(0, goal.find('='));
}

// Users from left to right: what more of them bring, and what they wait for it.
bench::Chart CurveOf(const ModelOutcome& model) {
  bench::Chart chart{.title = "What more users bring, and how long they wait",
                     .x_name = "requests/s",
                     .y_name = "latency, " + QuantileName(model) + ", ms",
                     .lines = {},
                     .has_log_y = true};
  double most = 0;
  for (const size_t candidate : Shown(model)) {
    bench::ChartLine line{
        .name = ToText(model.candidates[candidate]), .points = {}, .colour = static_cast<int>(chart.lines.size()) + 1};
    for (const LoadPoint& point : PointsOf(model, candidate)) {
      if (!point.is_open) line.points.emplace_back(point.per_second, Milliseconds(point.at_quantile));
      most = std::max(most, point.per_second);
    }
    chart.lines.push_back(std::move(line));
  }
  if (model.wanted.goal) {
    const double goal = Milliseconds(model.wanted.goal->latency);
    chart.lines.push_back(
        {.name = ToString(*model.wanted.goal), .points = {{0, goal}, {most, goal}}, .is_bound = true});
  }
  const std::optional<LoadPoint> chosen = model.best ? ChosenPoint(model, *model.best) : std::nullopt;
  if (chosen && chosen->per_second > 0) {
    chart.mark = bench::ChartMark{.x = chosen->per_second,
                                  .y = Milliseconds(chosen->at_quantile),
                                  .text = model.KeepsGoal() ? "chosen" : "nearest"};
  }
  return chart;
}

void AppendTiles(std::string& out, const TuneReport& report, const ModelOutcome& model) {
  if (!model.best) return;
  const std::optional<LoadPoint> point = ChosenPoint(model, *model.best);
  out += "<div class=\"tiles\">";
  const double score = model.result.standings[0].score.mean;
  bench::AppendHtmlTile(out, model.wanted.goal ? "goodput, requests/s" : "requests/s", bench::Short(score));
  if (point) {
    bench::AppendHtmlTile(out, "p50, ms", bench::ShortMilliseconds(point->p50));
    bench::AppendHtmlTile(out, QuantileName(model) + ", ms", bench::ShortMilliseconds(point->at_quantile));
  }
  for (const Cost& cost : Costs(report, model)) bench::AppendHtmlTile(out, cost.name, cost.value_text());
  out += "</div>\n";
}

void AppendModel(std::string& out, const TuneReport& report, const ModelOutcome& model) {
  out += "<h2>" + EscapeHtml(model.facts.name) + "</h2>\n<p><b>" + EscapeHtml(Verdict(model)) + "</b></p>\n";
  out += "<p class=\"facts\">" + EscapeHtml("requests: " + model.inputs);
  if (!model.settings_file.empty()) {
    out += EscapeHtml("; serve it so: trireme serve --config " + model.settings_file.string());
  }
  out += "</p>\n";
  AppendTiles(out, report, model);
  for (const std::string& note : Notes(report, model)) out += "<p class=\"note\">" + EscapeHtml(note) + "</p>\n";
  if (model.best) out += DrawChart(CurveOf(model));
  AppendTable(out, report, model);
  for (const Cost& cost : Costs(report, model)) {
    if (!cost.formula.empty()) out += "<p class=\"facts\">" + EscapeHtml(cost.name + ": " + cost.formula) + "</p>\n";
  }
}

}  // namespace

std::string Html(const TuneReport& report) {
  std::string out = bench::HtmlBegin("Settings for serving");
  for (const ModelOutcome& model : report.models) AppendModel(out, report, model);
  bench::AppendHtmlAbout(out, report.About());
  out += bench::kHtmlEnd;
  return out;
}

}  // namespace trireme::tune
