// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "bench/replay_options.h"

namespace trireme::bench {

// `trireme replay`: sends what was recorded, with its own spacing or scaled, in an open loop, and says how fast it was
// answered; then again to another server or version if two are to be compared, and says what differs. What it did is
// told on `out`, what went wrong on `err`.
//
// Returns the process's exit code: 0 if every line was replayed and answered with success, and nothing that was
// compared differs; 1 if not; 2 for wrong options. As with RunBench(), SIGINT and SIGTERM end it early.
int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err);

}  // namespace trireme::bench
