// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "base/status.h"
#include "bench/capacity_report.h"
#include "bench/options.h"

namespace trireme::bench {

// `trireme bench --max-models MODEL`: how many copies of a model a server holds in its memory budget, and how it then
// answers. One variant after the other gets a server of its own, which is filled with copies of other weights each
// until nine tenths of the budget are used; then users come, more with each stage, until a request fails.
//
// Copies lie in the folder for temporary files (TMPDIR) while their variant is measured. What is going on is said on
// `progress`. SIGINT and SIGTERM end it early, with what was measured so far; see Interrupts.
//
// kNotFound, kInvalidArgument, kUnsupported: a file that cannot be measured; kUnavailable: no room on disk, or a server
// that does not start; what the server says if it refuses even one model.
Result<CapacityReport> MeasureCapacity(const BenchOptions& options, std::ostream& progress);

}  // namespace trireme::bench
