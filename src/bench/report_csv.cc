// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"
#include "bench/report_text.h"
#include "codec/json_writer.h"

namespace trireme::bench {
namespace {

// A field as RFC 4180 has it. A spreadsheet must not take a model's name for a formula.
std::string Field(std::string_view text) {
  std::string field = "\"";
  if (!text.empty() && std::string_view("=+-@\t").find(text[0]) != std::string_view::npos) field += '\'';
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + "\"";
}

void AppendNumber(std::string& out, double value) {
  out += ',';
  AppendJsonNumber(out, value);
}

struct Place {
  std::string_view kind;
  std::string_view name;
  double begin = 0;
  double seconds = 0;
  int users = 0;
  uint64_t requests = 0;
  uint64_t failed = 0;
};

void AppendPlace(std::string& out, const Place& place) {
  out.append(place.kind).append(",").append(Field(place.name));
  AppendNumber(out, place.begin);
  AppendNumber(out, place.seconds);
  out += "," + std::to_string(place.users) + "," + std::to_string(place.requests) + "," + std::to_string(place.failed);
  AppendNumber(out, place.seconds > 0 ? static_cast<double>(place.requests) / place.seconds : 0);
}

void AppendLatency(std::string& out, const LatencyHistogram& latency) {
  for (const auto& [name, share] : kQuantiles) AppendNumber(out, Microseconds(latency.Quantile(share)));
  AppendNumber(out, Microseconds(latency.max()));
  out += "\n";
}

double SecondsOf(const Report& report) {
  double seconds = 0;
  for (const ReportPart& part : report.parts) seconds += Seconds(part.length);
  return seconds;
}

}  // namespace

std::string Csv(const Report& report) {
  std::string out = "kind,name,begin_s,length_s,users,requests,failed,requests_per_s";
  for (const auto& [name, share] : kQuantiles) out.append(",").append(name).append("_us");
  out += ",max_us\n";
  AppendPlace(out, {.kind = "all",
                    .name = report.model,
                    .seconds = SecondsOf(report),
                    .users = report.parts.empty() ? 0 : report.parts.back().users,
                    .requests = report.requests,
                    .failed = report.failed});
  AppendLatency(out, report.latency);
  double begin = report.has_stages() ? 0 : Seconds(report.options.warm_up);
  for (const ReportPart& part : report.parts) {
    AppendPlace(out, {.kind = report.has_stages() ? "stage" : "window",
                      .name = part.name,
                      .begin = begin,
                      .seconds = Seconds(part.length),
                      .users = part.users,
                      .requests = part.latency.count(),
                      .failed = part.failed});
    AppendLatency(out, part.latency);
    begin += Seconds(part.length);
  }
  for (const ReportPart& model : report.models) {
    AppendPlace(
        out,
        {.kind = "model", .name = model.name, .seconds = Seconds(model.length), .requests = model.latency.count()});
    AppendLatency(out, model.latency);
  }
  for (const Moment& moment : report.moments) {
    AppendPlace(out, {.kind = "moment",
                      .name = "",
                      .begin = Seconds(moment.begin),
                      .seconds = Seconds(moment.length),
                      .users = moment.users,
                      .requests = moment.count,
                      .failed = moment.failures});
    // Of a moment only these two are known.
    AppendNumber(out, Microseconds(moment.p50));
    out += ",,";
    AppendNumber(out, Microseconds(moment.p99));
    out += ",,\n";
  }
  return out;
}

}  // namespace trireme::bench
