// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "codec/json_writer.h"

namespace trireme::bench {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double Microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Four digits that count, as people read numbers: "0.01235", "12.35", "1235".
std::string Short(double value) {
  const int decimals = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
  std::array<char, 64> text;
  return {text.data(), static_cast<size_t>(std::snprintf(text.data(), text.size(), "%.*f", decimals, value))};
}

void AppendRow(std::string& out, std::string_view name, std::string_view value) {
  constexpr size_t kWidth = 14;
  out.append(name).append(kWidth - std::min(kWidth - 1, name.size()), ' ').append(value).append("\n");
}

std::string Describe(const Spread& spread, std::string_view unit) {
  return Short(spread.median) + std::string(unit) + "   (" + Short(spread.min) + " to " + Short(spread.max) + ")";
}

std::string DescribeLoad(const Report& report) {
  std::string text = std::string(Name(report.form)) + ", " + std::to_string(report.connections) +
                     (report.connections == 1 ? " connection" : " connections") + ", " +
                     std::to_string(report.request_bytes) + " bytes out, " + std::to_string(report.response_bytes) +
                     " in, " + std::to_string(report.windows) + (report.windows == 1 ? " window" : " windows");
  if (report.interrupted) text += " (interrupted)";
  return text;
}

void AppendMember(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
}

template <typename T>
void AppendNumber(std::string& out, std::string_view name, T value) {
  AppendMember(out, name);
  AppendJsonNumber(out, value);
}

void AppendText(std::string& out, std::string_view name, std::string_view value) {
  AppendMember(out, name);
  AppendJsonString(out, value);
}

void AppendSpread(std::string& out, std::string_view name, const Spread& spread) {
  AppendMember(out, name);
  out += '{';
  AppendNumber(out, "median", spread.median);
  AppendNumber(out, "min", spread.min);
  AppendNumber(out, "max", spread.max);
  out += '}';
}

void AppendLatency(std::string& out, const LatencyHistogram& latency) {
  AppendMember(out, "latency_us");
  out += '{';
  for (const auto& [name, share] : kQuantiles) AppendNumber(out, name, Microseconds(latency.Quantile(share)));
  AppendNumber(out, "max", Microseconds(latency.max()));
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

}  // namespace

Report Summarize(const BenchOptions& options, const Workload& workload, std::optional<pid_t> server_pid,
                 const LoadResult& load) {
  Report report;
  report.url = options.url;
  report.model = workload.model;
  report.version = options.version;
  report.inputs = workload.inputs;
  report.form = options.form;
  report.connections = options.connections;
  report.rows = workload.rows;
  report.request_bytes = workload.request.bytes.size();
  report.response_bytes = load.response_bytes;
  report.windows = load.windows.size();
  report.failures = load.failures;
  report.interrupted = load.interrupted;
  for (const auto& [kind, failure] : load.failures) report.failed += failure.count;

  std::vector<double> per_second, p50, server_cpu, client_cores;
  for (const Window& window : load.windows) {
    const uint64_t count = window.latency.count();
    report.requests += count;
    report.latency.Add(window.latency);
    per_second.push_back(static_cast<double>(count) / Seconds(window.length));
    client_cores.push_back(Seconds(window.client_cpu) / Seconds(window.length));
    if (count == 0) continue;
    p50.push_back(Microseconds(window.latency.Quantile(0.5)));
    if (window.server_cpu) server_cpu.push_back(Microseconds(*window.server_cpu) / static_cast<double>(count));
  }
  report.per_second = SpreadOf(per_second);
  report.p50_us = SpreadOf(p50);
  report.client_cores = SpreadOf(client_cores);
  report.server_pid = server_pid;
  if (!server_cpu.empty()) report.server_cpu_us = SpreadOf(server_cpu);
  return report;
}

std::string Table(const Report& report) {
  std::string out;
  AppendRow(out, "model",
            report.model + (report.version.empty() ? "" : " version " + report.version) + ": " + report.inputs);
  AppendRow(out, "load", DescribeLoad(report));
  if (report.requests > 0) {
    AppendRow(out, "throughput", Describe(report.per_second, " requests/s"));
    for (const auto& [name, share] : kQuantiles) {
      AppendRow(out, name, Short(Microseconds(report.latency.Quantile(share)) / 1000) + " ms");
    }
    AppendRow(out, "slowest", Short(Microseconds(report.latency.max()) / 1000) + " ms");
    AppendRow(out, "server CPU",
              report.server_cpu_us ? Describe(*report.server_cpu_us, " us a request") + " of process " +
                                         std::to_string(report.server_pid.value_or(0))
                                   : "unknown (no process of this machine; --pid names one)");
    AppendRow(out, "client CPU", Describe(report.client_cores, " processors"));
  }
  AppendRow(out, "answered", std::to_string(report.requests));
  AppendRow(out, "failed", std::to_string(report.failed));
  for (const auto& [kind, failure] : report.failures) {
    AppendRow(out, "", kind + ": " + std::to_string(failure.count) + " times, first: " + failure.sample);
  }
  return out;
}

std::string Json(const Report& report) {
  std::string out = "{";
  AppendText(out, "url", report.url);
  AppendText(out, "model", report.model);
  AppendText(out, "version", report.version);
  AppendText(out, "inputs", report.inputs);
  AppendText(out, "form", Name(report.form));
  AppendNumber(out, "connections", report.connections);
  AppendNumber(out, "rows", report.rows);
  AppendNumber(out, "request_bytes", report.request_bytes);
  AppendNumber(out, "response_bytes", report.response_bytes);
  AppendNumber(out, "windows", static_cast<uint64_t>(report.windows));
  AppendNumber(out, "requests", report.requests);
  AppendNumber(out, "failed", report.failed);
  AppendFailures(out, report.failures);
  AppendMember(out, "interrupted");
  out += report.interrupted ? "true" : "false";
  AppendSpread(out, "requests_per_second", report.per_second);
  AppendLatency(out, report.latency);
  AppendSpread(out, "p50_us", report.p50_us);
  if (report.server_cpu_us) AppendSpread(out, "server_cpu_us", *report.server_cpu_us);
  if (report.server_pid) AppendNumber(out, "server_pid", static_cast<int64_t>(*report.server_pid));
  AppendSpread(out, "client_cores", report.client_cores);
  out += "}\n";
  return out;
}

}  // namespace trireme::bench
