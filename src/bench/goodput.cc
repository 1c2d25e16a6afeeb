// SPDX-License-Identifier: Apache-2.0
#include "bench/goodput.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "bench/report_text.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kGuess = 0.8;   // of what a closed loop gives, since a queue needs room
constexpr double kLateness = 5;  // times the goal, after which an answer is not waited for
constexpr Duration kLeastTimeout = seconds(1);
constexpr int kFinal = 5;    // times as long as another try is the last
constexpr double kRoom = 2;  // times the calls that are under way on average, if all just keep the goal
constexpr double kLeastRate = 0.01;
constexpr size_t kWaitingSeconds = 5;  // of arrivals: a line so long will not be answered in time

LoadPlan PlanOf(const GoodputPlan& plan) {
  const auto patience = std::chrono::duration_cast<Duration>(plan.goal.latency * kLateness);
  return {.connections = plan.connections,
          .calls = plan.calls,
          .seed = plan.seed,
          .warm_up = plan.warm_up,
          .window = plan.window,
          .windows = 1,
          .timeout = std::min(plan.timeout, std::max(patience, kLeastTimeout)),
          .stop_fd = plan.stop_fd};
}

bool WasInterrupted(const LoadResult& load) {
  return load.early_end && load.early_end->why == EarlyEnd::Why::kInterrupted;
}

void Add(std::map<std::string, Failures>& all, const std::map<std::string, Failures>& more) {
  for (const auto& [kind, failure] : more) {
    Failures& sum = all[kind];
    if (sum.count == 0) sum.sample = failure.sample;
    sum.count += failure.count;
  }
}

// How long a slice of a try is: long enough for `requests` to come.
Duration LengthFor(double per_second, uint64_t requests, const GoodputPlan& plan) {
  const std::chrono::duration<double> needed(static_cast<double>(requests) / per_second);
  if (needed >= plan.longest) return plan.longest;
  return std::max({plan.window, kLeastGoals * plan.goal.latency, std::chrono::duration_cast<Duration>(needed)});
}

struct Rate {
  double per_second = 0;
  LatencyHistogram latency;
  std::map<std::string, Failures> failures;
  bool interrupted = false;
};

// What a closed loop gives, with a user for each call.
Result<Rate> RateOf(Target& target, const GoodputPlan& plan, size_t connections, size_t calls) {
  LoadPlan users = PlanOf(plan);
  users.connections = connections;
  users.calls = calls;
  users.timeout = plan.timeout;
  users.least_window_requests = 2;
  ASSIGN_OR_RETURN(const LoadResult load, target.Run(std::move(users)));
  Rate rate{.failures = load.failures, .interrupted = WasInterrupted(load)};
  double length = 0;
  for (const Window& window : load.windows) {
    rate.latency.Add(window.latency);
    length += Seconds(window.length);
  }
  if (length > 0) rate.per_second = static_cast<double>(rate.latency.count()) / length;
  return rate;
}

// Books a slice of a try. False: another would not change what it says.
bool Book(const LoadResult& load, const GoodputPlan& plan, double quantile, TryResult& result) {
  GoodputTry& outcome = result.outcome;
  for (const Window& window : load.windows) {
    outcome.requests += window.latency.count() + window.failures;
    outcome.misses += window.latency.CountAbove(plan.goal.latency) + window.failures;
    result.latency.Add(window.latency);
  }
  Add(result.failures, load.failures);
  result.interrupted = WasInterrupted(load);
  // Who lets so many wait keeps no goal, whatever becomes of those who came first.
  const bool is_overrun = load.early_end && load.early_end->why == EarlyEnd::Why::kOverrun;
  const Verdict verdict = is_overrun ? Verdict::kMissed : Judge(outcome.requests, outcome.misses, quantile);
  outcome.kept = verdict == Verdict::kKept;
  outcome.is_certain = verdict != Verdict::kOpen;
  return !outcome.is_certain && !result.interrupted;
}

}  // namespace

size_t ConnectionsFor(double per_second, const GoodputPlan& plan) {
  const double under_way = kRoom * per_second * Seconds(plan.goal.latency) / static_cast<double>(plan.calls);
  const auto most = static_cast<double>(plan.most_connections);
  return std::max(std::min(plan.connections, plan.most_connections), static_cast<size_t>(std::min(under_way, most)));
}

bool Goodput::is_certain() const {
  const auto certain = [&](double rate) {
    const auto last =
        std::find_if(tries.rbegin(), tries.rend(), [&](const GoodputTry& each) { return each.per_second == rate; });
    return last == tries.rend() || last->is_certain;
  };
  return certain(per_second) && (!missed_per_second || certain(*missed_per_second));
}

Result<TryResult> TryRate(Target& target, const GoodputPlan& plan, double per_second, int number) {
  const double quantile = plan.goal.quantile;
  TryResult result{.outcome = {.per_second = per_second}};
  uint64_t wanted = FewestRequests(quantile);
  Duration spent{0};
  for (uint64_t slice = 0; spent < plan.longest; ++slice) {
    LoadPlan load = PlanOf(plan);
    load.connections = ConnectionsFor(per_second, plan);
    load.per_second = per_second;
    load.arrivals = plan.arrivals;
    load.seed = plan.seed + static_cast<uint64_t>(number) * 1'000 + slice;
    load.window = std::min(LengthFor(per_second, wanted, plan), plan.longest - spent);
    load.most_waiting = load.connections + static_cast<size_t>(per_second) * kWaitingSeconds;
    const auto expected = static_cast<uint64_t>(Seconds(load.window) * per_second);
    const uint64_t most = MostMisses(result.outcome.requests + expected, quantile);
    load.miss_limit = {.latency = plan.goal.latency, .most = most - std::min(most, result.outcome.misses)};
    spent += load.window;
    ASSIGN_OR_RETURN(const LoadResult answered, target.Run(std::move(load)));
    if (!Book(answered, plan, quantile, result)) break;
    wanted = std::max(wanted, result.outcome.requests);  // as many again
  }
  GoodputTry& outcome = result.outcome;
  if (!outcome.is_certain && outcome.requests > 0) {
    outcome.kept = static_cast<double>(outcome.misses) <= static_cast<double>(outcome.requests) * (1 - quantile);
  }
  outcome.latency = result.latency.Quantile(quantile);
  return result;
}

Result<Goodput> FindGoodput(Target& target, const GoodputPlan& plan,
                            const std::function<void(const GoodputTry&)>& tried) {
  Goodput found;
  ASSIGN_OR_RETURN(Rate alone, RateOf(target, plan, 1, 1));
  found.alone = std::move(alone.latency);
  Add(found.failures, alone.failures);
  found.interrupted = alone.interrupted;
  // Nobody else is there: with more it is not going to be faster.
  const bool hopeless =
      Judge(found.alone.count(), found.alone.CountAbove(plan.goal.latency), plan.goal.quantile) == Verdict::kMissed;
  if (found.interrupted || hopeless || found.alone.count() == 0) return found;
  double first = plan.first;
  if (first <= 0) {
    ASSIGN_OR_RETURN(const Rate crowd, RateOf(target, plan, plan.connections, plan.calls));
    Add(found.failures, crowd.failures);
    found.interrupted = crowd.interrupted;
    first = kGuess * std::max(crowd.per_second, alone.per_second);
  }
  const double least = std::max(kLeastRate, alone.per_second / 100);
  GoodputSearch search({.first = first,
                        .least = least,
                        .most = std::max(plan.most, least),
                        .tolerance = plan.tolerance,
                        .most_tries = plan.most_tries});
  std::map<double, LatencyHistogram> latencies;  // of rates that kept the goal
  GoodputPlan longer = plan;
  longer.window = std::max({plan.window, plan.final_window, kFinal * kLeastGoals * plan.goal.latency});
  longer.longest = std::max(plan.longest, longer.window);
  while (const std::optional<GoodputSearch::Step> step = found.interrupted ? std::nullopt : search.Next()) {
    ASSIGN_OR_RETURN(TryResult result, TryRate(target, step->is_final ? longer : plan, step->rate, search.tries()));
    found.interrupted = result.interrupted;
    Add(found.failures, result.failures);
    if (result.interrupted && !result.outcome.is_certain) break;
    result.outcome.is_final = step->is_final;
    search.Tried(*step, result.outcome.kept);
    if (result.outcome.kept) latencies[step->rate] = std::move(result.latency);
    found.tries.push_back(result.outcome);
    if (tried) tried(result.outcome);
  }
  found.per_second = search.kept();
  found.missed_per_second = search.missed();
  if (found.per_second > 0) found.latency = std::move(latencies[found.per_second]);
  return found;
}

}  // namespace trireme::bench
