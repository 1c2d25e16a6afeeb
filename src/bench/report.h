// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "bench/closed_loop.h"
#include "bench/options.h"
#include "bench/spread.h"
#include "bench/workload.h"

namespace trireme::bench {

// What a run says, ready to be shown.
struct Report {
  std::string url, model, version, inputs;
  Form form = Form::kBinary;
  int connections = 0;
  int64_t rows = 0;
  uint64_t request_bytes = 0, response_bytes = 0;

  size_t windows = 0;
  uint64_t requests = 0;  // answered with success, in the windows
  uint64_t failed = 0;    // in the windows and the warm-up
  std::map<std::string, Failures> failures;
  bool interrupted = false;

  Spread per_second;         // requests
  Spread p50_us;             // of each window
  LatencyHistogram latency;  // of all windows
  std::optional<pid_t> server_pid;
  std::optional<Spread> server_cpu_us;  // a request
  Spread client_cores;                  // how many processors this program kept busy
};

Report Summarize(const BenchOptions& options, const Workload& workload, std::optional<pid_t> server_pid,
                 const LoadResult& load);

// For people; several lines.
std::string Table(const Report& report);
// For programs: one JSON object, one line. Times in microseconds.
std::string Json(const Report& report);

}  // namespace trireme::bench
