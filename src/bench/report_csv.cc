// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"
#include "bench/report_text.h"
#include "codec/json_writer.h"

namespace trireme::bench {
namespace {

void AppendNumber(std::string& out, double value) {
  out += ',';
  AppendJsonNumber(out, value);
}

// Of a request's first response; empty cells where that is its only one.
void AppendFirst(std::string& out, const LatencyHistogram* first) {
  for (const auto& [name, share] : kFirstQuantiles) {
    if (first == nullptr) {
      out += ',';
    } else {
      AppendNumber(out, Microseconds(first->Quantile(share)));
    }
  }
}

void AppendEnd(std::string& out, std::string_view text) {
  out += ',';
  if (!text.empty()) out += CsvField(text);
  out += '\n';
}

// A line that has no numbers.
void AppendWords(std::string& out, std::string_view kind, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  constexpr size_t kNumbers = 7 + kQuantiles.size() + kFirstQuantiles.size();  // with the slowest
  out.append(kind).append(",").append(CsvField(name)).append(std::string(kNumbers, ','));
  AppendEnd(out, text);
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
  out.append(place.kind).append(",").append(CsvField(place.name));
  AppendNumber(out, place.begin);
  AppendNumber(out, place.seconds);
  out += "," + std::to_string(place.users) + "," + std::to_string(place.requests) + "," + std::to_string(place.failed);
  AppendNumber(out, place.seconds > 0 ? static_cast<double>(place.requests) / place.seconds : 0);
}

void AppendLatency(std::string& out, const LatencyHistogram& latency) {
  for (const auto& [name, share] : kQuantiles) AppendNumber(out, Microseconds(latency.Quantile(share)));
  AppendNumber(out, Microseconds(latency.max()));
}

void AppendMoment(std::string& out, const Moment& moment) {
  AppendPlace(out, {.kind = "moment",
                    .name = moment.is_warm_up ? "warm-up" : "",
                    .begin = Seconds(moment.begin),
                    .seconds = Seconds(moment.length),
                    .users = moment.users,
                    .requests = moment.count,
                    .failed = moment.failures});
  // Of a moment only these two are known.
  AppendNumber(out, Microseconds(moment.p50));
  out += ",,";
  AppendNumber(out, Microseconds(moment.p99));
  out += ",,";
  AppendFirst(out, nullptr);
  AppendEnd(out, "");
}

}  // namespace

std::string Csv(const Report& report) {
  std::string out = "kind,name,begin_s,length_s,users,requests,failed,requests_per_s";
  for (const auto& [name, share] : kQuantiles) out.append(",").append(name).append("_us");
  out += ",max_us";
  for (const auto& [name, share] : kFirstQuantiles) out.append(",first_").append(name).append("_us");
  out += ",text\n";
  const auto first_of = [&](const LatencyHistogram& first) {
    return report.has_several_responses() ? &first : nullptr;
  };
  AppendPlace(out, {.kind = "all",
                    .name = report.model,
                    .begin = report.parts.empty() ? 0 : Seconds(report.parts[0].begin),
                    .seconds = report.seconds(),
                    .users = report.parts.empty() ? 0 : report.parts.back().users,
                    .requests = report.requests,
                    .failed = report.failed});
  AppendLatency(out, report.latency);
  AppendFirst(out, first_of(report.first_response));
  AppendEnd(out, "");
  for (const ReportPart& part : report.parts) {
    AppendPlace(out, {.kind = report.has_stages() ? "stage" : "window",
                      .name = part.name,
                      .begin = Seconds(part.begin),
                      .seconds = Seconds(part.length),
                      .users = part.users,
                      .requests = part.latency.count(),
                      .failed = part.failed});
    AppendLatency(out, part.latency);
    AppendFirst(out, first_of(part.first_response));
    AppendEnd(out, part.definition);
  }
  for (const ReportPart& model : report.models) {
    AppendPlace(out, {.kind = "model",
                      .name = model.name,
                      .begin = Seconds(model.begin),
                      .seconds = Seconds(model.length),
                      .requests = model.latency.count(),
                      .failed = model.failed});
    AppendLatency(out, model.latency);
    AppendFirst(out, nullptr);
    AppendEnd(out, "");
  }
  for (const Moment& moment : report.moments) AppendMoment(out, moment);
  for (const auto& [name, text] : report.About()) AppendWords(out, "about", name, text);
  for (const std::string& note : report.Notes()) AppendWords(out, "note", "", note);
  return out;
}

}  // namespace trireme::bench
