// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "tune/options.h"

namespace trireme {

// `trireme tune`, with this program as the server that is tuned. Returns the exit code of tune::RunTune().
int RunTuneCommand(tune::TuneOptions options, std::ostream& out, std::ostream& err);

}  // namespace trireme
