// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/latency_histogram.h"
#include "bench/load_record.h"
#include "bench/options.h"
#include "bench/output_diff.h"
#include "bench/replay_requests.h"
#include "bench/run_facts.h"

namespace trireme::bench {

// What one server did with a recording.
struct ReplayRun {
  std::string url, version;  // the version that was asked for instead of the recorded ones
  std::string server;        // as it calls itself
  size_t connections = 0;
  double seconds = 0;
  uint64_t answered = 0;
  uint64_t failed = 0;
  uint64_t failed_as_recorded =
      0;                     // of these: requests that were wrong when they were recorded, and were refused again
  LatencyHistogram latency;  // of what was answered
  LatencyHistogram late;     // how much later than recorded requests were sent; empty where that means nothing
  std::map<std::string, Failures> failures;
  std::optional<EarlyEnd> early_end;
};

// What `trireme replay` says.
struct ReplayReport {
  std::string file;
  double speed = 1;
  double tolerance = 0;
  size_t requests = 0;
  std::vector<std::string> models;
  double recorded_seconds = 0;  // from the first request to the last
  std::vector<LeftOutLine> left_out;
  size_t left_out_count = 0;
  std::vector<ReplayRun> runs;  // one, or two where two are compared
  bool with_recorded = false;   // compared with what was recorded
  std::optional<DiffReport> diff;
  RunFacts facts;

  // Every request was answered, but for those that are wrong themselves, every line was good, and nothing differs.
  bool is_good() const;
};

std::string Table(const ReplayReport& report);
// One object, one line. Times in microseconds, where the name does not say seconds.
std::string Json(const ReplayReport& report);
std::string Markdown(const ReplayReport& report);
// kJson or kMarkdown.
std::string Write(const ReplayReport& report, ReportForm form);

}  // namespace trireme::bench
