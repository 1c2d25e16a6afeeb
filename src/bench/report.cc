// SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <algorithm>

#include "bench/report_text.h"

namespace trireme::bench {
namespace {

std::string Count(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string DescribeLoad(const BenchOptions& options, size_t connections) {
  std::string where = Count(connections, "connection");
  if (options.calls > 1) where += " x " + Count(static_cast<size_t>(options.calls), "call");
  if (options.stream) where += ", streams";
  if (options.shared_memory == SharedMemory::kSystem) where += ", shared memory";
  if (options.dialect != Dialect::kKserve) where += ", " + std::string(Name(options.dialect));
  if (options.per_second > 0) {
    const std::string arrivals = options.arrivals == Arrivals::kPoisson ? "poisson" : "constant";
    return Short(options.per_second) + " requests/s (" + arrivals + ") on " + where;
  }
  if (!options.stages.empty()) {
    return Count(options.stages.size(), "stage") + ", up to " +
           Count(static_cast<size_t>(MostUsers(options.stages)), "user") + " on " + where;
  }
  return where;
}

std::string NameOfPart(const BenchOptions& options, size_t i) {
  if (options.stages.empty()) return "window " + std::to_string(i + 1);
  return "stage " + std::to_string(i + 1);
}

std::string DefinitionOfPart(const BenchOptions& options, size_t i) {
  return i < options.stages.size() ? ToText(options.stages[i]) : "";
}

std::string DescribeEmptiness(const BenchOptions& options) {
  if (!options.stages.empty()) return "no answer came within the stages: use longer ones";
  return "no answer came within the windows (" + std::to_string(options.windows) + " of " +
         std::to_string(options.window.count()) +
         " ms): use longer ones (--window), or let requests end them (--window-requests)";
}

RunFacts VisibleFacts(RunFacts facts) {
  for (std::string RunFacts::*text : {&RunFacts::command, &RunFacts::server_name, &RunFacts::server_version}) {
    facts.*text = Visible(facts.*text);
  }
  return facts;
}

std::string FormOf(const BenchOptions& options, const Workload& workload) {
  if (options.dialect == Dialect::kKserve) return std::string(Name(options.form));
  return Visible(MediaTypesOf(workload.models[0].bodies));
}

std::string Joined(const std::vector<ModelRequests>& models, std::string ModelRequests::*member) {
  std::string text;
  for (const ModelRequests& model : models) text += (text.empty() ? "" : "; ") + model.*member;
  return text;
}

}  // namespace

std::string ReportPart::title() const {
  return definition.empty() ? name : name + " (" + definition + ")";
}

double ReportPart::per_second() const {
  return length > Duration(0) ? static_cast<double>(latency.count()) / Seconds(length) : 0;
}

double Report::seconds() const {
  double seconds = 0;
  for (const ReportPart& part : parts) seconds += Seconds(part.length);
  return seconds;
}

double Report::responses_per_second() const {
  const double length = seconds();
  return length > 0 ? static_cast<double>(responses) / length : 0;
}

std::optional<double> Report::InTime() const {
  uint64_t all = latency.count();
  for (const ReportPart& part : parts) all += part.failed;
  if (!options.goal || all == 0) return std::nullopt;
  const uint64_t kept = latency.count() - latency.CountAbove(options.goal->latency);
  return static_cast<double>(kept) / static_cast<double>(all);
}

bool Report::keeps_goal() const {
  return !options.goal || InTime().value_or(0) >= options.goal->quantile;
}

std::string Report::Verdict() const {
  if (!options.goal) return {};
  if (!InTime()) return "misses " + ToString(*options.goal) + ": nothing was answered";
  return DescribeVerdict(*options.goal, latency, *InTime());
}

std::vector<std::pair<std::string_view, std::string>> Report::About() const {
  return {{"goal", Verdict()},        {"command", facts.command}, {"date", facts.date},
          {"server", facts.server()}, {"client", facts.client},   {"machine", facts.machine()}};
}

std::vector<std::string> Report::Notes() const {
  constexpr double kBusy = 0.9;
  std::vector<std::string> notes;
  if (early_end && early_end->why == EarlyEnd::Why::kFailure) {
    notes.push_back("stopped at the first failure, with " + std::to_string(early_end->users) +
                    (early_end->users == 1 ? " user" : " users") + " after " + Short(Seconds(early_end->at)) +
                    " s: " + early_end->text);
  } else if (early_end) {
    notes.push_back("ended after " + Short(Seconds(early_end->at)) + " s: " + early_end->text);
  }
  if (requests == 0 && failed == 0 && !early_end) notes.push_back(DescribeEmptiness(options));
  if (client_cores.max > kBusy) {
    notes.push_back("this program kept a whole processor busy: the server may be faster than it says");
  }
  return notes;
}

std::string DescribeVerdict(const ServiceGoal& goal, const LatencyHistogram& latency, double in_time) {
  const std::string text = ToString(goal);
  return text.substr(0, text.find('=')) + " " + ShortMilliseconds(latency.Quantile(goal.quantile)) +
         " ms: " + (in_time >= goal.quantile ? "within " : "misses ") + text + ", " + Short(in_time * 100) +
         " % in time";
}

std::string Describe(const Failures& failures) {
  std::string text = Count(failures.count, "time");
  if (!failures.sample.empty()) text += ", first: " + failures.sample;
  return text;
}

Report Summarize(const BenchOptions& options, const Workload& workload, const RunContext& context,
                 const LoadResult& load) {
  Report report;
  report.options = options;
  report.facts = VisibleFacts(context.facts);
  report.url = options.url;
  report.model = Visible(Joined(workload.models, &ModelRequests::model));
  report.version = options.version;
  report.inputs = Visible(Joined(workload.models, &ModelRequests::inputs));
  report.connections = Connections(options);
  report.form = FormOf(options, workload);
  report.load = DescribeLoad(options, report.connections);
  report.rows = workload.models[0].rows;
  report.request_bytes = workload.models[0].request_bytes();
  report.response_bytes = load.response_bytes;
  report.moments = load.moments;
  report.early_end = load.early_end;
  if (report.early_end) report.early_end->text = Visible(report.early_end->text);
  for (const auto& [kind, failure] : load.failures) {
    report.failed += failure.count;
    report.failures[kind] = {.count = failure.count, .sample = Visible(failure.sample)};
  }

  std::vector<double> per_second, p50, server_cpu, client_cores;
  Duration total{0};
  for (const Window& window : load.windows) {
    const uint64_t count = window.latency.count();
    report.parts.push_back({.name = NameOfPart(options, report.parts.size()),
                            .definition = DefinitionOfPart(options, report.parts.size()),
                            .begin = window.begin,
                            .length = window.length,
                            .users = window.users,
                            .failed = window.failures,
                            .latency = window.latency,
                            .first_response = window.first_response});
    total += window.length;
    report.requests += count;
    report.responses += window.responses;
    report.latency.Add(window.latency);
    report.first_response.Add(window.first_response);
    per_second.push_back(report.parts.back().per_second());
    client_cores.push_back(Seconds(window.client_cpu) / Seconds(window.length));
    if (count == 0) continue;
    p50.push_back(Microseconds(window.latency.Quantile(0.5)));
    if (window.server_cpu) server_cpu.push_back(Microseconds(*window.server_cpu) / static_cast<double>(count));
  }
  for (size_t i = 0; workload.models.size() > 1 && i < load.models.size(); ++i) {
    report.models.push_back({.name = Visible(workload.models[i].model),
                             .begin = load.windows.empty() ? Duration(0) : load.windows[0].begin,
                             .length = total,
                             .failed = load.models[i].failures,
                             .latency = load.models[i].latency});
  }
  report.per_second = SpreadOf(per_second);
  report.p50_us = SpreadOf(p50);
  report.client_cores = SpreadOf(client_cores);
  report.server_pid = context.server_pid;
  if (!server_cpu.empty()) report.server_cpu_us = SpreadOf(server_cpu);
  return report;
}

std::string Write(const Report& report, ReportForm form) {
  switch (form) {
    case ReportForm::kMarkdown:
      return Markdown(report);
    case ReportForm::kCsv:
      return Csv(report);
    case ReportForm::kHtml:
      return Html(report);
    case ReportForm::kJson:
      break;
  }
  return Json(report);
}

}  // namespace trireme::bench
