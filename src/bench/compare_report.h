// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/compare_options.h"
#include "bench/confidence.h"
#include "bench/goodput.h"
#include "bench/measure.h"
#include "bench/options.h"
#include "bench/run_facts.h"

namespace trireme::bench {

// One target under one load in one round.
struct CompareRound {
  int number = 0;                       // from 1
  std::optional<Measurement> measured;  // of a goodput: what was so at the highest rate that kept the goal
  std::optional<Goodput> goodput;
  std::string problem;  // what went wrong, if something did
  bool counts = false;  // in what the row says: it was measured to its end
};

// One target under one load.
struct CompareRow {
  std::string model, inputs, server;  // as the target says
  std::vector<CompareRound> rounds;
};

// All targets under one load: as many rows as there are targets.
struct CompareSection {
  CompareLoad load;
  std::vector<CompareRow> rows;
};

struct CompareReport {
  CompareOptions options;
  RunFacts facts;
  std::vector<CompareSection> sections;  // those that were begun
  bool interrupted = false;

  // What must be said with the numbers, by its name.
  std::vector<std::pair<std::string_view, std::string>> About() const;
  // What a reader must know before believing them.
  std::vector<std::string> Notes() const;
  // Whether every target was measured in every round, and answered all that it was asked. (Of a goodput, requests that
  // fail are part of the search.)
  bool is_whole() const;
};

// What the rounds of a row that count say together. Latencies in microseconds.
struct CompareSummary {
  size_t rounds = 0;        // that count
  size_t empty_rounds = 0;  // of these, without an answer that counts: no rate keeps the goal, or all failed
  Interval per_second;
  Interval p50_us, p99_us;
  Interval goal_us;               // of the goal's quantile, if the load has a goal
  Interval rate_ratio;            // of requests/s to the first target's, round by round; count 0: there is none
  Interval p50_ratio, p99_ratio;  // the same of latencies
  LatencyHistogram latency;       // of all together
  uint64_t failed = 0;            // in rounds that count
  std::optional<double> in_time;  // the share of requests that kept the load's goal
  Interval cpu_us;                // of its processes, a request
  double cores = 0;               // that these kept busy, the median; 0: not known
  uint64_t bytes = 0;             // that these had, the median; 0: not known
  double host_cores = 0;          // that were busy on this machine, with whatever; the median
  uint64_t host_bytes = 0;        // in use on this machine, the median
  std::vector<GpuUse> gpus;       // of this machine, each with its medians
  std::optional<double> cost;     // of a million requests, if it has a price
};
CompareSummary Summarize(const CompareReport& report, size_t section, size_t row);

// The table of a section, as people read it: the columns, and a row for each target.
std::vector<std::vector<std::string>> CompareTable(const CompareReport& report, size_t section);
// "trireme: grpc://127.0.0.1:8001, trireme 0.1.0, resnet50: image FP32[1,3,224,224]".
std::string DescribeTarget(const CompareReport& report, size_t section, size_t row);
// What there is to say of a section's rows besides: problems and failures, verdicts, what a million requests cost.
std::vector<std::string> CompareRemarks(const CompareReport& report, size_t section);

// The forms in which reports come (report.h), of this one.
std::string Table(const CompareReport& report);
std::string Json(const CompareReport& report);
std::string Markdown(const CompareReport& report);
std::string Csv(const CompareReport& report);
std::string Html(const CompareReport& report);
std::string Write(const CompareReport& report, ReportForm form);

}  // namespace trireme::bench
