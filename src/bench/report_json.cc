// SPDX-License-Identifier: Apache-2.0
#include "bench/json_members.h"
#include "bench/report.h"
#include "bench/report_text.h"

namespace trireme::bench {
namespace {

void AppendSpread(std::string& out, std::string_view name, const Spread& spread) {
  AppendMember(out, name);
  out += '{';
  AppendNumber(out, "median", spread.median);
  AppendNumber(out, "min", spread.min);
  AppendNumber(out, "max", spread.max);
  out += '}';
}

// Until the first response of requests that have several.
void AppendFirst(std::string& out, const LatencyHistogram& first) {
  AppendMember(out, "first_response_us");
  out += '{';
  for (const auto& [name, share] : kFirstQuantiles) AppendNumber(out, name, Microseconds(first.Quantile(share)));
  out += '}';
}

void AppendFailures(std::string& out, const std::map<std::string, Failures>& failures) {
  AppendMember(out, "failures");
  out += '{';
  for (const auto& [kind, failure] : failures) {
    AppendMember(out, kind);
    out += '{';
    AppendNumber(out, "count", failure.count);
    AppendText(out, "sample", failure.sample);
    out += '}';
  }
  out += '}';
}

void AppendParts(std::string& out, std::string_view name, const Report& report) {
  AppendList(out, name, report.parts, [&](const ReportPart& part) {
    AppendText(out, "name", part.name);
    if (!part.definition.empty()) AppendText(out, "stage", part.definition);
    AppendNumber(out, "begin_seconds", Seconds(part.begin));
    AppendNumber(out, "seconds", Seconds(part.length));
    AppendNumber(out, "users", part.users);
    AppendNumber(out, "failed", part.failed);
    AppendNumber(out, "requests", part.latency.count());
    AppendNumber(out, "requests_per_second", part.per_second());
    AppendLatency(out, part.latency);
    if (report.has_several_responses()) AppendFirst(out, part.first_response);
  });
}

void AppendModels(std::string& out, const std::vector<ReportPart>& models) {
  AppendList(out, "models", models, [&](const ReportPart& part) {
    AppendText(out, "name", part.name);
    AppendNumber(out, "failed", part.failed);
    AppendNumber(out, "requests", part.latency.count());
    AppendNumber(out, "requests_per_second", part.per_second());
    AppendLatency(out, part.latency);
  });
}

void AppendMoments(std::string& out, const std::vector<Moment>& moments) {
  AppendList(out, "moments", moments, [&](const Moment& moment) {
    AppendFlag(out, "warm_up", moment.is_warm_up);
    AppendNumber(out, "begin_seconds", Seconds(moment.begin));
    AppendNumber(out, "seconds", Seconds(moment.length));
    AppendNumber(out, "users", moment.users);
    AppendNumber(out, "requests", moment.count);
    AppendNumber(out, "failed", moment.failures);
    AppendNumber(out, "p50_us", Microseconds(moment.p50));
    AppendNumber(out, "p99_us", Microseconds(moment.p99));
  });
}

void AppendEnd(std::string& out, const std::optional<EarlyEnd>& end) {
  AppendFlag(out, "interrupted", end && end->why == EarlyEnd::Why::kInterrupted);
  if (!end) return;
  AppendMember(out, "early_end");
  out += '{';
  const std::string_view why = end->why == EarlyEnd::Why::kFailure   ? "failure"
                               : end->why == EarlyEnd::Why::kOverrun ? "overrun"
                               : end->why == EarlyEnd::Why::kMissed  ? "missed"
                                                                     : "interrupted";
  AppendText(out, "why", why);
  AppendNumber(out, "users", end->users);
  AppendNumber(out, "seconds", Seconds(end->at));
  AppendText(out, "text", end->text);
  out += '}';
}

void AppendLoad(std::string& out, const Report& report) {
  const BenchOptions& options = report.options;
  AppendText(out, "dialect", Name(options.dialect));
  AppendText(out, "form", report.form);
  AppendNumber(out, "connections", static_cast<uint64_t>(report.connections));
  AppendNumber(out, "calls", options.calls);
  AppendFlag(out, "stream", options.stream);
  AppendFlag(out, "shared_memory", options.shared_memory != SharedMemory::kNone);
  if (options.per_second > 0) {
    AppendNumber(out, "rate", options.per_second);
    AppendText(out, "arrivals", options.arrivals == Arrivals::kPoisson ? "poisson" : "constant");
  }
  AppendNumber(out, "rows", report.rows);
  AppendNumber(out, "request_bytes", report.request_bytes);
  AppendNumber(out, "response_bytes", report.response_bytes);
}

}  // namespace

std::string Json(const Report& report) {
  std::string out = "{";
  AppendText(out, "url", report.url);
  AppendText(out, "model", report.model);
  AppendText(out, "version", report.version);
  AppendText(out, "inputs", report.inputs);
  AppendFacts(out, report.facts);
  AppendLoad(out, report);
  AppendNumber(out, "windows", static_cast<uint64_t>(report.parts.size()));
  AppendNumber(out, "requests", report.requests);
  AppendNumber(out, "responses", report.responses);
  AppendNumber(out, "failed", report.failed);
  AppendFailures(out, report.failures);
  AppendEnd(out, report.early_end);
  AppendTexts(out, "notes", report.Notes());
  if (report.options.goal) {
    AppendText(out, "slo", ToString(*report.options.goal));
    AppendFlag(out, "slo_kept", report.keeps_goal());
    AppendNumber(out, "in_time", report.InTime().value_or(0));
  }
  AppendSpread(out, "requests_per_second", report.per_second);
  AppendNumber(out, "responses_per_second", report.responses_per_second());
  AppendLatency(out, report.latency);
  if (report.has_several_responses()) AppendFirst(out, report.first_response);
  AppendSpread(out, "p50_us", report.p50_us);
  if (report.server_cpu_us) AppendSpread(out, "server_cpu_us", *report.server_cpu_us);
  if (report.server_pid) AppendNumber(out, "server_pid", static_cast<int64_t>(*report.server_pid));
  AppendSpread(out, "client_cores", report.client_cores);
  AppendParts(out, report.has_stages() ? "stages" : "parts", report);
  if (!report.models.empty()) AppendModels(out, report.models);
  AppendMoments(out, report.moments);
  out += "}\n";
  return out;
}

}  // namespace trireme::bench
