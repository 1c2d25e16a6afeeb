// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "bench/arrivals.h"
#include "bench/goodput_search.h"
#include "bench/latency_histogram.h"
#include "bench/load_record.h"
#include "bench/target.h"
#include "model/service_goal.h"

namespace trireme::bench {

// A try lasts so many times as long as its goal at least: in less, a line does not grow long enough to miss it.
inline constexpr int kLeastGoals = 4;

// How the goodput of a target under a goal is to be found: the highest rate at which it still keeps the goal, of
// requests that come whatever becomes of those before (as in MLPerf's Server scenario,
// https://github.com/mlcommons/inference_policies/blob/master/inference_rules.adoc). A request that failed missed it.
struct GoodputPlan {
  ServiceGoal goal;
  double first = 0;         // requests a second to try first; 0: found by a short closed loop
  double most = 1'000'000;  // above which nothing is tried
  double tolerance = 0.05;  // how far the rate that misses may lie above the one that keeps it
  int most_tries = 24;
  Duration warm_up = std::chrono::seconds(1);        // of each try, not measured
  Duration window = std::chrono::seconds(2);         // a try is at least so long, and kLeastGoals
  Duration final_window = std::chrono::seconds(10);  // and so long of the last two, and five times that
  Duration longest = std::chrono::seconds(60);       // and at most so long: then the share as it is decides
  Duration timeout = std::chrono::seconds(30);       // of an answer; later ones are given up, which counts as a miss
  size_t connections = 16;                           // at least: a try has as many as its rate may need
  size_t calls = 1;                                  // of a connection, at a time
  size_t most_connections = 1024;                    // at most
  Arrivals arrivals = Arrivals::kPoisson;
  uint64_t seed = 1;  // of arrivals, which are others in each try
  int stop_fd = -1;   // ends the search early when it becomes readable; -1: nothing does
};

// One rate that was tried.
struct GoodputTry {
  double per_second = 0;  // that came
  bool kept = false;
  bool is_certain = false;  // a verdict beyond doubt
  bool is_final = false;    // it took final_window at least
  uint64_t requests = 0, misses = 0;
  Duration latency{0};  // the goal's quantile, of what was answered
};

struct Goodput {
  double per_second = 0;                     // the highest rate that kept the goal; 0: none did
  std::optional<double> missed_per_second;   // the lowest that missed it
  std::vector<GoodputTry> tries;             // in their order
  LatencyHistogram alone;                    // of one user who waits for each answer: what the target can do at best
  LatencyHistogram latency;                  // at the highest rate that kept the goal
  std::map<std::string, Failures> failures;  // of all tries
  bool interrupted = false;

  // Whether the rates on both sides of the goodput were judged beyond doubt.
  bool is_certain() const;
};

// Searches. `tried` is told of each try. Blocks for some ten tries, each at least `window` long and longer the fewer
// requests come: a goal of p99 takes 299 of them. Errors are the target's.
Result<Goodput> FindGoodput(Target& target, const GoodputPlan& plan,
                            const std::function<void(const GoodputTry&)>& tried = nullptr);

// One try: whether the goal is kept at a rate, in a load of plan.window at least. `number` chooses its arrivals.
struct TryResult {
  GoodputTry outcome;
  LatencyHistogram latency;
  std::map<std::string, Failures> failures;
  bool interrupted = false;
};
// How many connections a try has.
size_t ConnectionsFor(double per_second, const GoodputPlan& plan);
Result<TryResult> TryRate(Target& target, const GoodputPlan& plan, double per_second, int number);

}  // namespace trireme::bench
