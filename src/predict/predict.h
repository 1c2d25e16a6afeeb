// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "predict/options.h"

namespace trireme::predict {

// What `trireme predict` answers its caller.
inline constexpr int kExitScored = 0;
inline constexpr int kExitFailed = 1;         // the message says why; what was scored before it is kept
inline constexpr int kExitInterrupted = 130;  // the same command goes on

// Scores all rows of the input and writes the output, on the calling thread and others of its own. Says on `out` what
// was done, on `err` how far it is and what is wrong.
int RunPredict(const PredictOptions& options, std::ostream& out, std::ostream& err);

}  // namespace trireme::predict
