// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "predict/options.h"

namespace trireme {

// Runs `trireme predict` until it is done or interrupted (SIGINT, SIGTERM).
int RunPredictCommand(predict::PredictOptions options, std::ostream& out, std::ostream& err);

}  // namespace trireme
