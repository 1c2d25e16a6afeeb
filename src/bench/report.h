// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load_record.h"
#include "bench/options.h"
#include "bench/run_facts.h"
#include "bench/spread.h"
#include "bench/workload.h"

namespace trireme::bench {

inline constexpr std::array<std::pair<std::string_view, double>, 5> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

inline constexpr std::array<std::pair<std::string_view, double>, 3> kFirstQuantiles = {
    {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}};

// A window, a stage or a model's share of a run.
struct ReportPart {
  std::string name;
  std::string definition;  // of a stage: "20@3s:10/s"
  Duration begin{0};       // since the load began
  Duration length{0};      // of a model: that of all windows
  int users = 0;           // of a stage or window, at its end
  uint64_t failed = 0;
  LatencyHistogram latency;         // of what was answered with success
  LatencyHistogram first_response;  // of a stage or window

  std::string title() const;  // "stage 2 (20@3s:10/s)"
  double per_second() const;
};

// What a run says, ready to be shown.
struct Report {
  std::string url, model, version, inputs;
  std::string form;  // "binary", "json" of KServe; of other dialects the media types of what is sent
  std::string load;  // for people: "8 connections", "200 requests/s (poisson) on 8 connections"
  BenchOptions options;
  RunFacts facts;
  size_t connections = 0;
  int64_t rows = 0;
  uint64_t request_bytes = 0, response_bytes = 0;

  std::vector<ReportPart> parts;   // windows or stages
  std::vector<ReportPart> models;  // empty if there is only one
  std::vector<Moment> moments;
  uint64_t requests = 0;   // answered with success, in the windows
  uint64_t responses = 0;  // that they had
  uint64_t failed = 0;     // in the windows and the warm-up
  std::map<std::string, Failures> failures;
  std::optional<EarlyEnd> early_end;

  Spread per_second;         // requests, of each window
  Spread p50_us;             // of each window
  LatencyHistogram latency;  // of all windows
  LatencyHistogram first_response;
  std::optional<pid_t> server_pid;
  std::optional<Spread> server_cpu_us;  // a request
  Spread client_cores;                  // how many processors this program kept busy

  bool has_stages() const { return !options.stages.empty(); }
  // Whether requests had several responses, so that the first of them tells something.
  bool has_several_responses() const { return responses > requests; }
  double seconds() const;  // of all windows
  double responses_per_second() const;
  // The share of the requests in windows that kept the goal; nothing: there is no goal, or there was no request.
  std::optional<double> InTime() const;
  // Of a run without a goal too: what was not missed was kept.
  bool keeps_goal() const;
  // "p99 83.00 ms: within p99=100ms, 99.62 % in time"; empty: there is no goal.
  std::string Verdict() const;
  // What must be said with the numbers, by its name.
  std::vector<std::pair<std::string_view, std::string>> About() const;
  // What a reader must know before believing the numbers; empty: nothing.
  std::vector<std::string> Notes() const;
};

// What is known about a run beside its load.
struct RunContext {
  RunFacts facts;
  std::optional<pid_t> server_pid;
};

Report Summarize(const BenchOptions& options, const Workload& workload, const RunContext& context,
                 const LoadResult& load);

// For people on a terminal; several lines.
std::string Table(const Report& report);
// For programs: one JSON object, one line. Times in microseconds, where the name does not say seconds.
std::string Json(const Report& report);
// For a page about it.
std::string Markdown(const Report& report);
// For spreadsheets: a line for all, and one for each part, model, moment, fact about the run ("about") and note.
std::string Csv(const Report& report);
// One page with plots that needs nothing else: no scripts, no files from elsewhere.
std::string Html(const Report& report);

// Of a goal: its quantile, and what that came to.
std::string DescribeVerdict(const ServiceGoal& goal, const LatencyHistogram& latency, double in_time);

// "3 times, first: the line is full"
std::string Describe(const Failures& failures);

std::string Write(const Report& report, ReportForm form);

}  // namespace trireme::bench
