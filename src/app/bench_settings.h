// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/settings.h"
#include "bench/options.h"

namespace trireme {

// Everything that can be set for `trireme bench`; writes to `options`, which must outlive it.
std::vector<Setting> BenchSettings(bench::BenchOptions& options);

}  // namespace trireme
