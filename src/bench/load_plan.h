// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "bench/arrivals.h"
#include "bench/carrier.h"
#include "bench/model_mix.h"
#include "bench/stages.h"

namespace trireme::bench {

// One of the requests of a sequence.
struct PlannedCall {
  Duration at{0};       // since the load began
  size_t requests = 0;  // in the workload: Carrier::Begin
  size_t model = 0;     // in LoadPlan::models, to be counted with
};

// When a load need not go on: so many of its requests failed or took longer that nothing could make up for it.
struct MissLimit {
  Duration latency{0};
  uint64_t most = 0;  // in windows; one more ends the load
};

// How a server is to be loaded.
struct LoadPlan {
  size_t connections = 1;
  size_t calls = 1;  // of each connection, at a time
  std::function<std::unique_ptr<Carrier>(size_t number, CarrierListener&)> make_carrier;

  std::vector<ModelShare> models;
  uint64_t seed = 1;

  // When the load changes: stages, instead of warm-up and windows.
  std::vector<Stage> stages;
  Duration warm_up{0};
  Duration window{0};
  int windows = 1;
  uint64_t window_requests = 0;        // requests that end a window, with success or not; 0: it ends after its time
  uint64_t least_window_requests = 0;  // a window of a time goes on until so many have ended

  // Open loop: requests come at this rate whatever becomes of them; nothing: each call's slot sends the next request
  // when the last was answered.
  std::optional<double> per_second;
  Arrivals arrivals = Arrivals::kPoisson;
  size_t most_waiting = 0;  // arrivals that find no free connection; beyond it the load ends

  // Instead of models, phases and rates: these, once, in their order, which is that of their times; at their times
  // (open loop), or each as soon as a slot is free.
  std::vector<PlannedCall> sequence;
  bool keeps_times = true;
  // Told of the end of each call of the sequence, by its place there. The views are good during the call.
  std::function<void(size_t place, const CallEnd& end)> on_end;

  bool stops_on_failure = false;
  std::optional<MissLimit> miss_limit;
  Duration timeout{0};              // of each answer, since its request began or should have
  std::optional<pid_t> server_pid;  // whose CPU time is read
  int stop_fd = -1;                 // the load ends early when this becomes readable; -1: it cannot
};

}  // namespace trireme::bench
