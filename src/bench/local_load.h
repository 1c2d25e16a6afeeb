// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "bench/load_plan.h"
#include "bench/load_record.h"

namespace trireme::bench {

// Runs the number `turn` of the requests of a load, on a thread of its own; several at a time.
using RunLocally = std::function<Status(uint64_t turn)>;

// Loads `run` as planned, with `callers` threads where a server has connections: in a closed loop there are as many
// users as the plan has calls, and who finds no free caller waits in line, as at a server; in an open loop requests
// come when they come. Latency counts from then in both. Of the plan, carriers and models mean nothing here, and a run
// that has begun is not given up: one that ends after the time-out has failed.
//
// kUnsupported: the plan has stages.
Result<LoadResult> RunLocalLoad(const LoadPlan& plan, int callers, const RunLocally& run);

}  // namespace trireme::bench
