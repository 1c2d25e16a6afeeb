// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ostream>

#include "app/options.h"

namespace trireme {

// `trireme keys`: edits, lists or checks a file of keys. What is asked for goes to `out`, what is to be said besides to
// `problems`. Returns the process's exit code: kExitFailure if the file is wrong, cannot be written, or does not have
// the key.
int RunKeys(const KeysOptions& options, std::chrono::system_clock::time_point now, std::ostream& out,
            std::ostream& problems);

}  // namespace trireme
