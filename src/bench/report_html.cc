// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "bench/html_page.h"
#include "bench/latency_chart.h"
#include "bench/report.h"
#include "bench/report_text.h"
#include "bench/svg_chart.h"

namespace trireme::bench {
namespace {

double Milliseconds(Duration duration) {
  return Microseconds(duration) / 1000;
}

Chart LatencyChart(const Report& report) {
  std::vector<ChartLine> lines = {PercentileLine("all", report.latency, 1)};
  const auto& parts = report.has_stages() ? report.parts : report.models;
  for (size_t i = 0; i < parts.size() && i + 1 < kMostChartLines; ++i) {
    lines.push_back(PercentileLine(parts[i].title(), parts[i].latency, static_cast<int>(i) + 2));
  }
  return PercentileChart(std::move(lines));
}

// A line of the moments' middles.
template <typename Value>
ChartLine MomentLine(const Report& report, std::string name, int colour, Value value) {
  ChartLine line{.name = std::move(name), .points = {}, .colour = colour};
  for (const Moment& moment : report.moments) {
    line.points.emplace_back(Seconds(moment.begin) + Seconds(moment.length) / 2, value(moment));
  }
  return line;
}

// The time in which nothing was measured; nothing if there is none.
std::optional<ChartBand> WarmUp(const Report& report) {
  const auto measured = std::ranges::find(report.moments, false, &Moment::is_warm_up);
  if (measured == report.moments.begin()) return std::nullopt;
  const Moment& last = *std::prev(measured);
  return ChartBand{.from = 0, .to = Seconds(last.begin + last.length), .text = "warm-up (not measured)"};
}

void AppendTimeCharts(std::string& out, const Report& report) {
  const auto per_second = [](uint64_t count, const Moment& moment) {
    return moment.length > Duration(0) ? static_cast<double>(count) / Seconds(moment.length) : 0;
  };
  Chart rate{.title = "Throughput over time",
             .x_name = "seconds",
             .y_name = "requests/s",
             .lines = {},
             .band = WarmUp(report)};
  rate.lines.push_back(
      MomentLine(report, "answered", 1, [&](const Moment& moment) { return per_second(moment.count, moment); }));
  if (report.failed > 0) {
    rate.lines.push_back(
        MomentLine(report, "failed", 2, [&](const Moment& moment) { return per_second(moment.failures, moment); }));
  }
  out += DrawChart(rate);

  Chart latency{
      .title = "Latency over time", .x_name = "seconds", .y_name = "milliseconds", .lines = {}, .band = WarmUp(report)};
  latency.lines.push_back(MomentLine(report, "p50", 1, [](const Moment& moment) { return Milliseconds(moment.p50); }));
  latency.lines.push_back(MomentLine(report, "p99", 2, [](const Moment& moment) { return Milliseconds(moment.p99); }));
  latency.has_log_y = true;
  out += DrawChart(latency);

  if (!report.has_stages() && report.options.per_second == 0) return;
  Chart users{.title = report.has_stages() ? "Users over time" : "Calls under way over time",
              .x_name = "seconds",
              .y_name = report.has_stages() ? "users" : "calls",
              .lines = {},
              .band = WarmUp(report)};
  users.lines.push_back(
      MomentLine(report, "users", 3, [](const Moment& moment) { return static_cast<double>(moment.users); }));
  out += DrawChart(users);
}

// What each stage gave, from left to right.
void AppendStageCharts(std::string& out, const Report& report) {
  if (!report.has_stages() || report.parts.size() < 2) return;
  Chart rate{.title = "Throughput of each stage", .x_name = "stage (users)", .y_name = "requests/s", .lines = {}};
  Chart latency{.title = "Latency of each stage", .x_name = "stage (users)", .y_name = "milliseconds", .lines = {}};
  rate.lines = {{.name = "answered", .points = {}, .colour = 1}};
  latency.lines = {{.name = "p50", .points = {}, .colour = 1}, {.name = "p99", .points = {}, .colour = 2}};
  latency.has_log_y = true;
  const size_t every = report.parts.size() / 16 + 1;  // as many names as there is room for
  for (size_t i = 0; i < report.parts.size(); ++i) {
    const ReportPart& part = report.parts[i];
    const auto x = static_cast<double>(i + 1);
    if (i % every == 0) {
      rate.x_ticks.push_back({x, std::to_string(i + 1) + " (" + std::to_string(part.users) + ")"});
    }
    rate.lines[0].points.emplace_back(x, part.per_second());
    latency.lines[0].points.emplace_back(x, Milliseconds(part.latency.Quantile(0.5)));
    latency.lines[1].points.emplace_back(x, Milliseconds(part.latency.Quantile(0.99)));
  }
  latency.x_ticks = rate.x_ticks;
  out += DrawChart(rate) + DrawChart(latency);
}

void AppendTiles(std::string& out, const Report& report) {
  out += "<div class=\"tiles\">";
  AppendHtmlTile(out, "requests/s", Short(report.per_second.median));
  for (const auto& [name, share] : kQuantiles) {
    AppendHtmlTile(out, name, ShortMilliseconds(report.latency.Quantile(share)) + " ms");
  }
  AppendHtmlTile(out, "max", ShortMilliseconds(report.latency.max()) + " ms");
  for (const auto& [name, share] : kFirstQuantiles) {
    if (!report.has_several_responses()) break;
    AppendHtmlTile(out, "first response " + std::string(name),
                   ShortMilliseconds(report.first_response.Quantile(share)) + " ms");
  }
  if (report.has_several_responses()) AppendHtmlTile(out, "responses/s", Short(report.responses_per_second()));
  if (report.server_cpu_us) AppendHtmlTile(out, "server CPU a request", Short(report.server_cpu_us->median) + " us");
  AppendHtmlTile(out, "client CPU", Short(report.client_cores.median));
  AppendHtmlTile(out, "answered", std::to_string(report.requests));
  AppendHtmlTile(out, "failed", std::to_string(report.failed));
  out += "</div>\n";
}

void AppendParts(std::string& out, std::string_view title, const std::vector<ReportPart>& parts, bool are_models) {
  if (parts.empty()) return;
  out += "<div class=\"wide\"><table><tr><th>" + std::string(title) + "</th>";
  if (!are_models) out += "<th>users</th>";
  out += "<th>failed</th><th>requests</th><th>requests/s</th>";
  for (const auto& [name, share] : kQuantiles) out += "<th>" + std::string(name) + " ms</th>";
  out += "<th>max ms</th></tr>\n";
  for (const ReportPart& part : parts) {
    out += "<tr><td>" + EscapeHtml(part.title()) + "</td>";
    if (!are_models) out += "<td>" + std::to_string(part.users) + "</td>";
    out += "<td>" + std::to_string(part.failed) + "</td><td>" + std::to_string(part.latency.count()) + "</td><td>" +
           Short(part.per_second()) + "</td>";
    for (const auto& [name, share] : kQuantiles) {
      out += "<td>" + ShortMilliseconds(part.latency.Quantile(share)) + "</td>";
    }
    out += "<td>" + ShortMilliseconds(part.latency.max()) + "</td></tr>\n";
  }
  out += "</table></div>\n";
}

void AppendFailures(std::string& out, const Report& report) {
  if (report.failures.empty()) return;
  out += "<h2>Failures</h2><div class=\"wide\"><table><tr><th>kind</th><th>times</th><th>first</th></tr>\n";
  for (const auto& [kind, failure] : report.failures) {
    out += "<tr><td>" + EscapeHtml(kind) + "</td><td>" + std::to_string(failure.count) + "</td><td>" +
           EscapeHtml(failure.sample) + "</td></tr>\n";
  }
  out += "</table></div>\n";
}

}  // namespace

std::string Html(const Report& report) {
  std::string out = HtmlBegin(report.model);
  out += "<p class=\"facts\">" + EscapeHtml(report.url) + "<br>" + EscapeHtml(report.inputs) + "<br>" +
         EscapeHtml(report.load) + "; " + std::to_string(report.request_bytes) + " bytes out, " +
         std::to_string(report.response_bytes) + " in</p>\n";
  for (const std::string& note : report.Notes()) out += "<p class=\"note\">" + EscapeHtml(note) + "</p>\n";
  AppendTiles(out, report);
  out += "<h2>Latency</h2>\n" + DrawChart(LatencyChart(report)) + "<h2>Over time</h2>\n";
  AppendTimeCharts(out, report);
  out += report.has_stages() ? "<h2>Stages</h2>\n" : "<h2>Windows</h2>\n";
  AppendStageCharts(out, report);
  AppendParts(out, report.has_stages() ? "stage" : "window", report.parts, /*are_models=*/false);
  if (!report.models.empty()) out += "<h2>Models</h2>\n";
  AppendParts(out, "model", report.models, /*are_models=*/true);
  AppendFailures(out, report);
  AppendHtmlAbout(out, report.About());
  out += kHtmlEnd;
  return out;
}

}  // namespace trireme::bench
