// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "bench/load_plan.h"
#include "bench/load_record.h"

namespace trireme::bench {

// Loads a server as planned, on the calling thread.
//
// In a closed loop every user has one request under way; stages say how many there are. In an open loop requests have
// intended times, and their latency counts from those: one that had to wait for a free connection waited (no
// "coordinated omission"). What is still under way at the end is waited for there, at most for the time-out.
//
// A connection that fails is opened again, at most ten times a second.
Result<LoadResult> RunLoad(const LoadPlan& plan);

}  // namespace trireme::bench
