// SPDX-License-Identifier: Apache-2.0
#include "bench/json_members.h"

#include "base/log.h"
#include "bench/report.h"
#include "bench/report_text.h"

namespace trireme::bench {

void AppendMember(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
}

void AppendText(std::string& out, std::string_view name, std::string_view value) {
  AppendMember(out, name);
  AppendJsonString(out, value);
}

void AppendFlag(std::string& out, std::string_view name, bool value) {
  AppendMember(out, name);
  out += value ? "true" : "false";
}

void AppendTexts(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  AppendMember(out, name);
  out += '[';
  for (const std::string& value : values) {
    if (out.back() != '[') out += ',';
    AppendJsonString(out, value);
  }
  out += ']';
}

void AppendLatency(std::string& out, const LatencyHistogram& latency) {
  AppendMember(out, "latency_us");
  out += '{';
  for (const auto& [name, share] : kQuantiles) AppendNumber(out, name, Microseconds(latency.Quantile(share)));
  AppendNumber(out, "max", Microseconds(latency.max()));
  out += '}';
}

void AppendFacts(std::string& out, const RunFacts& facts) {
  AppendText(out, "command", facts.command);
  AppendText(out, "date", facts.date);
  AppendMember(out, "server");
  out += '{';
  AppendText(out, "name", facts.server_name);
  AppendText(out, "version", facts.server_version);
  out += '}';
  AppendText(out, "client", facts.client);
  AppendMember(out, "machine");
  out += '{';
  AppendText(out, "processor", facts.processor);
  AppendNumber(out, "processors", facts.processors);
  out += '}';
}

}  // namespace trireme::bench
