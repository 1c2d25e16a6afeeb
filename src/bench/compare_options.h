// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/local_model.h"
#include "bench/options.h"

namespace trireme::bench {

// One of those that are compared.
struct CompareTarget {
  std::string name;
  BenchOptions ask;                        // a server: what is asked of it and how; a model in this process: its inputs
  std::optional<LocalModelOptions> local;  // a model in this process; nothing: a server
  std::optional<double> price_per_hour;    // of the machine that it runs on, in whatever currency
};

// A load under which all are measured.
struct CompareLoad {
  enum class Kind : uint8_t {
    kClosed,   // users who wait for each answer
    kOpen,     // requests at a rate
    kGoodput,  // the highest rate that keeps the goal is looked for
  };

  Kind kind = Kind::kClosed;
  BenchOptions load;  // connections, calls, per_second, arrivals, most_waiting, goal, tolerance, longest_try of these
};

// What `trireme bench compare` is to do.
struct CompareOptions {
  std::vector<CompareTarget> targets;  // ratios are to the first
  std::vector<CompareLoad> loads;
  int rounds = 5;  // in each of which every target is measured once, in another order
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds window{2'000};  // of a round; of a goodput's tries the least
  std::chrono::milliseconds timeout{30'000};
  uint64_t seed = 1;  // of requests, arrivals and the order of each round
  bool json = false;
  std::vector<ReportFile> reports;
};

inline constexpr size_t kMaxCompareTargets = 32;
inline constexpr size_t kMaxCompareLoads = 32;
inline constexpr int kMaxCompareRounds = 200;

// All of a target's options under a load.
BenchOptions OptionsOf(const CompareOptions& options, const CompareTarget& target, const CompareLoad& load);

// "8 connections", "200 requests/s (poisson) on 64 connections", "goodput under p99=100ms".
std::string Describe(const CompareLoad& load);

// What does not go together; names the target and the key.
Status Check(const CompareOptions& options);

// Which targets are measured one behind the other in a round: all, in an order that round and seed decide.
std::vector<size_t> OrderOf(size_t targets, uint64_t seed, int round);

}  // namespace trireme::bench
