// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bench/report.h"
#include "bench/report_text.h"

namespace trireme::bench {
namespace {

void AppendRow(std::string& out, std::string_view name, std::string_view value) {
  constexpr size_t kWidth = 14;
  out.append(name).append(kWidth - std::min(kWidth - 1, name.size()), ' ').append(value).append("\n");
}

std::string DescribeLoad(const Report& report) {
  const std::string_view noun = report.has_stages() ? " stage" : " window";
  std::string text = report.form + ", " + report.load + ", " + std::to_string(report.request_bytes) + " bytes out, " +
                     std::to_string(report.response_bytes) + " in, " + std::to_string(report.parts.size()) +
                     std::string(noun) + (report.parts.size() == 1 ? "" : "s");
  if (report.early_end && report.early_end->why == EarlyEnd::Why::kInterrupted) text += " (interrupted)";
  return text;
}

std::string DescribePart(const ReportPart& part, bool tells_users) {
  std::string text = part.definition.empty() ? "" : part.definition + ": ";
  if (tells_users) text += std::to_string(part.users) + (part.users == 1 ? " user, " : " users, ");
  text += Short(part.per_second()) + " requests/s, p50 " + ShortMilliseconds(part.latency.Quantile(0.5)) + " ms, p99 " +
          ShortMilliseconds(part.latency.Quantile(0.99)) + " ms";
  if (part.failed > 0) text += ", " + std::to_string(part.failed) + " failed";
  return text;
}

std::string DescribeFirst(const LatencyHistogram& first) {
  std::string text;
  for (const auto& [name, share] : kFirstQuantiles) {
    text += (text.empty() ? "" : ", ") + std::string(name) + " " + ShortMilliseconds(first.Quantile(share)) + " ms";
  }
  return text + "   (until a request's first response)";
}

void AppendNumbers(std::string& out, const Report& report) {
  AppendRow(out, "throughput", Describe(report.per_second, " requests/s"));
  for (const auto& [name, share] : kQuantiles) {
    AppendRow(out, name, ShortMilliseconds(report.latency.Quantile(share)) + " ms");
  }
  AppendRow(out, "slowest", ShortMilliseconds(report.latency.max()) + " ms");
  if (report.has_several_responses()) AppendRow(out, "first", DescribeFirst(report.first_response));
  AppendRow(out, "server CPU",
            report.server_cpu_us ? Describe(*report.server_cpu_us, " us a request") + " of process " +
                                       std::to_string(report.server_pid.value_or(0))
                                 : "unknown (no process of this machine; --pid names one)");
  AppendRow(out, "client CPU", Describe(report.client_cores, " processors"));
  for (size_t i = 0; report.has_stages() && i < report.parts.size(); ++i) {
    AppendRow(out, report.parts[i].name, DescribePart(report.parts[i], true));
  }
  for (const ReportPart& model : report.models) AppendRow(out, model.name, DescribePart(model, false));
}

}  // namespace

std::string Table(const Report& report) {
  std::string out;
  AppendRow(out, "model",
            report.model + (report.version.empty() ? "" : " version " + report.version) + ": " + report.inputs);
  AppendRow(out, "load", DescribeLoad(report));
  if (report.requests > 0) AppendNumbers(out, report);
  if (report.options.goal) AppendRow(out, "goal", report.Verdict());
  AppendRow(out, "answered", std::to_string(report.requests));
  if (report.responses != report.requests) {
    AppendRow(out, "responses",
              std::to_string(report.responses) + "   (" + Short(report.responses_per_second()) + " responses/s)");
  }
  AppendRow(out, "failed", std::to_string(report.failed));
  for (const auto& [kind, failure] : report.failures) {
    AppendRow(out, "", kind + ": " + Describe(failure));
  }
  for (const std::string& note : report.Notes()) AppendRow(out, "note", note);
  return out;
}

}  // namespace trireme::bench
