// SPDX-License-Identifier: Apache-2.0
#include "bench/testing/queue_target.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "bench/arrivals.h"

namespace trireme::bench {
namespace {

using FreeTimes = std::priority_queue<Duration, std::vector<Duration>, std::greater<>>;

FreeTimes AllFree(int servers) {
  FreeTimes free;
  for (int i = 0; i < servers; ++i) free.push(Duration(0));
  return free;
}

LoadResult ResultOf(Window window, uint64_t failures) {
  LoadResult result;
  result.moments.push_back({.length = window.length, .count = window.latency.count(), .failures = failures});
  result.models.push_back({.latency = window.latency, .failures = failures});
  if (failures > 0) result.failures["HTTP 429"] = {.count = failures, .sample = "the line is full"};
  window.failures = failures;
  result.windows.push_back(std::move(window));
  return result;
}

}  // namespace

Result<LoadResult> QueueTarget::Run(LoadPlan plan) {
  ++loads_;
  if (instead) return instead(plan);
  return plan.per_second ? OpenLoop(plan) : ClosedLoop(plan);
}

Status QueueTarget::Probe() {
  Status said = gone;
  if (!gone.ok() && returns_after > 0 && --returns_after == 0) gone = {};
  return said;
}

LoadResult QueueTarget::OpenLoop(const LoadPlan& plan) const {
  ArrivalTimes arrivals(plan.arrivals, *plan.per_second, plan.seed);
  FreeTimes free = AllFree(options_.servers);
  std::deque<Duration> ends;  // of what is waiting or running
  Window window{.length = plan.window};
  uint64_t failures = 0, misses = 0;
  for (Duration at = arrivals.Next(); at < plan.warm_up + plan.window; at = arrivals.Next()) {
    while (!ends.empty() && ends.front() <= at) ends.pop_front();
    const bool measured = at >= plan.warm_up;
    if (ends.size() >= options_.most_waiting) {
      if (measured) ++failures, ++misses;
    } else {
      const Duration end = std::max(at, free.top()) + options_.service;
      free.pop();
      free.push(end);
      ends.push_back(end);
      if (measured) window.latency.Record(end - at);
      if (measured && plan.miss_limit && end - at > plan.miss_limit->latency) ++misses;
    }
    if (plan.miss_limit && misses > plan.miss_limit->most) {
      LoadResult result = ResultOf(std::move(window), failures);
      result.early_end = {.why = EarlyEnd::Why::kMissed};
      return result;
    }
  }
  return ResultOf(std::move(window), failures);
}

// Users who wait share the servers evenly.
LoadResult QueueTarget::ClosedLoop(const LoadPlan& plan) const {
  const auto users = static_cast<int64_t>(plan.connections * plan.calls);
  const int64_t busy = std::min<int64_t>(users, options_.servers);
  const Duration latency = options_.service * users / busy;
  Window window{.length = plan.window};
  auto requests = static_cast<uint64_t>(plan.window / options_.service * busy);
  if (requests < options_.closed_requests) {
    requests = options_.closed_requests;
    window.length = options_.service * static_cast<int64_t>(requests) / busy;
  }
  for (uint64_t i = 0; i < requests; ++i) window.latency.Record(latency);
  return ResultOf(std::move(window), 0);
}

}  // namespace trireme::bench
