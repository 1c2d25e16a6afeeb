// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "bench/options.h"

namespace trireme::bench {

// `trireme bench --max-models MODEL` is MeasureCapacity(); `trireme bench URL` loads a server that speaks KServe V2, or
// what TorchServe's or SageMaker's clients do, and says what it did on `out`, what went wrong on `err`.
//
// Returns the process's exit code: 0 if every request was answered with success, 1 if one failed, the server did not
// keep up with a rate, a goal was missed, or nothing could be measured, 2 for wrong options. SIGINT and SIGTERM end the
// load early, and what was measured so far is shown. For that they are blocked while it runs, so there must be no other
// thread that would take them.
int RunBench(const BenchOptions& options, std::ostream& out, std::ostream& err);

}  // namespace trireme::bench
