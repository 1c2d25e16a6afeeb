// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "bench/latency_histogram.h"
#include "client/http_connection.h"

namespace trireme::bench {

struct LoadPlan {
  client::Endpoint endpoint;
  const client::PreparedRequest& request;  // outlives the load
  int connections = 1;
  Duration warm_up{0};
  Duration window{0};
  int windows = 1;
  Duration timeout{0};              // of each answer
  std::optional<pid_t> server_pid;  // whose CPU time is read
  int stop_fd = -1;                 // the load ends early when this becomes readable; -1: it cannot
};

// What happened within a stretch of time.
struct Window {
  Duration length{0};
  LatencyHistogram latency;  // of successful answers (status 200); a new connection is part of its first request
  uint64_t failures = 0;
  std::optional<Duration> server_cpu;
  Duration client_cpu{0};
};

struct Failures {
  uint64_t count = 0;
  std::string sample;  // the first one's words
};

struct LoadResult {
  std::vector<Window> windows;               // an interrupted one only if it is the first
  std::map<std::string, Failures> failures;  // by kind, "HTTP 503" or "unavailable"; the warm-up's too
  uint64_t response_bytes = 0;               // of the last successful answer, head and body
  bool interrupted = false;
};

// Keeps one request under way on every connection, on the calling thread, until the windows are over. A connection that
// fails is opened again, at most ten times a second. Returns within a second of the planned end.
Result<LoadResult> RunClosedLoop(const LoadPlan& plan);

}  // namespace trireme::bench
