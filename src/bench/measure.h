// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "bench/latency_histogram.h"
#include "bench/load_plan.h"
#include "bench/load_record.h"
#include "bench/resource_use.h"
#include "bench/target.h"

namespace trireme::bench {

// What one load of one target gave.
struct Measurement {
  double per_second = 0;                     // answered with success, in the windows
  LatencyHistogram latency;                  // of these
  uint64_t failed = 0;                       // in the windows
  Duration length{0};                        // of the windows
  std::map<std::string, Failures> failures;  // by kind; the warm-up's too
  std::optional<EarlyEnd> early_end;
  ResourceUse resources;  // of the whole load, warm-up included
  // Of the target's processes for each request that was answered, warm-up included; nothing: not known, or none was.
  std::optional<Duration> cpu_a_request;

  double client_cores = 0;  // that this program kept busy, in the windows

  bool interrupted() const { return early_end && early_end->why == EarlyEnd::Why::kInterrupted; }
};

// Loads a target and counts. `gpus`: null where there are none. Errors are Target::Run's.
Result<Measurement> Measure(Target& target, LoadPlan plan, const Gpus* gpus = nullptr);

}  // namespace trireme::bench
