// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/options.h"

namespace trireme {

// `trireme serve`: runs the server until SIGTERM or SIGINT, then drains it. Returns the process's exit code.
//
// Must be called before the process has other threads: it blocks both signals for all of them, and waits for them
// itself.
int RunServe(const ServeOptions& options);

}  // namespace trireme
