// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "app/options.h"

namespace trireme {

// `trireme models`: shows and changes the models of a running server, through its admin socket. What is asked for goes
// to `out`, what is to be said besides to `problems`. Returns the process's exit code: kExitFailure if there is no
// server to talk to, or it refused. `watch` ends only when the server does.
int RunModels(const ModelsOptions& options, std::ostream& out, std::ostream& problems);

}  // namespace trireme
