// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "bench/options.h"

namespace trireme::bench {

// What `trireme replay` does: sends the requests of a recording (docs/recording.md) to a server of KServe V2, and
// compares its outputs with those of another one, of another version, or with what was recorded.
struct ReplayOptions {
  std::string file;
  // The server and how it is reached: url, version (--model-version; empty: what was recorded), connections, calls,
  // form, timeout, tls, key_file, api_key, json and reports; the rest means nothing here.
  BenchOptions load;
  std::vector<std::string> models;  // --model: only requests to these; empty: all
  double speed = 1;                 // --speed: 2: in half the time; 0: max, each as soon as a connection is free

  bool compares_recorded = false;  // --compare recorded
  std::string compare_url;         // --compare URL; empty with a compare_version: the same server
  std::string compare_version;     // --compare-version; empty: as `load.version`
  // --tolerance: numbers are the same that differ by no more than that, or than that share of the larger one.
  double tolerance = 1e-5;

  bool compares() const { return compares_recorded || !compare_url.empty() || !compare_version.empty(); }
  // The other run's server and version.
  BenchOptions Other() const;
};

inline constexpr double kMaxSpeed = 1000;
inline constexpr size_t kMostReplayBytes = size_t{4} << 30;  // of requests as they travel, which are made before

// Numbers out of range, and what does not go together, by the flags' names.
Status Check(const ReplayOptions& options);

// Reads the value of --speed: a number above 0, or "max".
Result<double> ParseSpeed(std::string_view text);

}  // namespace trireme::bench
