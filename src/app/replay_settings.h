// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/settings.h"
#include "bench/replay_options.h"

namespace trireme {

// Everything that can be set for `trireme replay`; writes to `options`, which must outlive it.
std::vector<Setting> ReplaySettings(bench::ReplayOptions& options);

}  // namespace trireme
