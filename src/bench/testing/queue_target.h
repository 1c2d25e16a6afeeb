// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/clock.h"
#include "bench/target.h"

namespace trireme::bench {

// A server that is only computed: a line of requests before so many who each take so long for one, without a network or
// a clock. Loads take no time, and the same seed gives the same latencies.
class QueueTarget final : public Target {
 public:
  struct Options {
    int servers = 1;
    Duration service{0};             // of a request
    size_t most_waiting = 1000;      // more are refused at once
    uint64_t closed_requests = 500;  // that a closed loop's window sees at least
  };

  explicit QueueTarget(const Options& options) : options_(options) { facts_.model = "queue"; }

  const TargetFacts& facts() const override { return facts_; }
  Result<LoadResult> Run(LoadPlan plan) override;
  Status Probe() override;

  // What the next loads are told instead, as long as it is not empty.
  std::function<Result<LoadResult>(const LoadPlan& plan)> instead;
  Status gone;            // what Probe() says
  int returns_after = 0;  // that many probes that say so; 0: all of them
  int loads() const { return loads_; }

 private:
  LoadResult OpenLoop(const LoadPlan& plan) const;
  LoadResult ClosedLoop(const LoadPlan& plan) const;

  const Options options_;
  TargetFacts facts_;
  int loads_ = 0;
};

}  // namespace trireme::bench
