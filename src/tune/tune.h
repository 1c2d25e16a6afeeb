// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "tune/options.h"

namespace trireme::tune {

// `trireme tune MODEL`: searches the settings with which a model on this machine answers the most requests within a
// goal. Each candidate is a `trireme serve` of our own that is loaded as clients would. What was measured is written
// down at once, so that the same command goes on where one ended, whatever ended it.
//
// Returns the process's exit code: 0 if settings were found for every model, 1 if a goal cannot be kept, a model cannot
// be served or somebody interrupted, 2 for wrong options. SIGINT and SIGTERM end it; for that they are blocked while it
// runs, so there must be no other thread that would take them.
int RunTune(const TuneOptions& options, std::ostream& out, std::ostream& err);

}  // namespace trireme::tune
