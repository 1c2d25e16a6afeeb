// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"
#include "bench/report_text.h"

namespace trireme::bench {
namespace {

void AppendItem(std::string& out, std::string_view name, std::string_view value) {
  out.append("- ").append(name).append(": ").append(PlainMarkdown(value)).append("\n");
}

void AppendParts(std::string& out, std::string_view title, const std::vector<ReportPart>& parts, bool are_models) {
  if (parts.empty()) return;
  out.append("\n| ").append(title).append(are_models ? " |" : " | users |");
  out += " requests/s | failed |";
  for (const auto& [name, share] : kQuantiles) out.append(" ").append(name).append(" |");
  out += " max |\n| --- |";
  for (size_t i = 0; i < kQuantiles.size() + (are_models ? 3 : 4); ++i) out += " ---: |";
  out += "\n";
  for (const ReportPart& part : parts) {
    out += "| " + PlainMarkdown(part.title()) + " |";
    if (!are_models) out += " " + std::to_string(part.users) + " |";
    out += " " + Short(part.per_second()) + " | " + std::to_string(part.failed) + " |";
    for (const auto& [name, share] : kQuantiles) out += " " + ShortMilliseconds(part.latency.Quantile(share)) + " |";
    out += " " + ShortMilliseconds(part.latency.max()) + " |\n";
  }
}

void AppendNumbers(std::string& out, const Report& report) {
  out += "\n| | |\n| --- | ---: |\n";
  const auto row = [&](std::string_view name, const std::string& value) {
    out.append("| ").append(name).append(" | ").append(value).append(" |\n");
  };
  row("requests/s", Short(report.per_second.median) + " (" + Short(report.per_second.min) + " to " +
                        Short(report.per_second.max) + ")");
  for (const auto& [name, share] : kQuantiles) row(name, ShortMilliseconds(report.latency.Quantile(share)) + " ms");
  row("max", ShortMilliseconds(report.latency.max()) + " ms");
  for (const auto& [name, share] : kFirstQuantiles) {
    if (!report.has_several_responses()) break;
    row("first response " + std::string(name), ShortMilliseconds(report.first_response.Quantile(share)) + " ms");
  }
  if (report.server_cpu_us) row("server CPU", Short(report.server_cpu_us->median) + " us a request");
  row("client CPU", Short(report.client_cores.median) + " processors");
  row("answered", std::to_string(report.requests));
  if (report.responses != report.requests) {
    row("responses", std::to_string(report.responses));
    row("responses/s", Short(report.responses_per_second()));
  }
  row("failed", std::to_string(report.failed));
}

}  // namespace

std::string Markdown(const Report& report) {
  std::string out = "# " + PlainMarkdown(report.model) + "\n\n";
  AppendItem(out, "url", report.url);
  AppendItem(out, "inputs", report.inputs);
  AppendItem(out, "load", report.load);
  AppendItem(out, "bytes",
             std::to_string(report.request_bytes) + " out, " + std::to_string(report.response_bytes) + " in");
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) AppendItem(out, name, text);
  }
  for (const std::string& note : report.Notes()) AppendItem(out, "note", note);
  AppendNumbers(out, report);
  if (!report.parts.empty()) out += "\nTimes in milliseconds.\n";
  AppendParts(out, report.has_stages() ? "stage" : "window", report.parts, /*are_models=*/false);
  AppendParts(out, "model", report.models, /*are_models=*/true);
  if (!report.failures.empty()) out += "\nFailures:\n\n";
  for (const auto& [kind, failure] : report.failures) {
    AppendItem(out, PlainMarkdown(kind), Describe(failure));
  }
  return out;
}

}  // namespace trireme::bench
