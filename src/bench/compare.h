// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>

#include "bench/compare_options.h"
#include "bench/compare_report.h"
#include "bench/local_model.h"
#include "bench/target.h"

namespace trireme::bench {

// Makes a target for a load, of the options of both.
using OpenTarget = std::function<Result<std::shared_ptr<Target>>(const CompareTarget& target, const BenchOptions& ask)>;

// Measures all targets under each load, in rounds: in each of them one behind the other, so that what the machine is
// busy with, as time goes by, meets them alike. One that cannot be measured says why in its row, and the others go on;
// one that has gone is looked for again in the next round. What is going on is said on `progress`. Ends early once
// `stop_fd` is readable (-1: never), with what was measured so far.
CompareReport Compare(const CompareOptions& options, const OpenTarget& open, const Gpus* gpus, int stop_fd,
                      std::ostream& progress);

// `trireme bench compare`: Compare() with servers by their URLs, and models in this process that `open_model` opens.
//
// Returns the process's exit code: 0 if CompareReport::is_whole(), 1 if not, 2 for wrong options. SIGINT and SIGTERM
// end it early, as they do RunBench().
int RunCompare(const CompareOptions& options, const OpenLocalModel& open_model, std::ostream& out, std::ostream& err);

}  // namespace trireme::bench
