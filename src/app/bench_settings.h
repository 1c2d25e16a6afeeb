// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "bench/compare_options.h"
#include "bench/options.h"

namespace trireme {

// Everything that can be set for `trireme bench`; writes to `options`, which must outlive it.
std::vector<Setting> BenchSettings(bench::BenchOptions& options);

// The same for `trireme bench compare`, besides what its file says. `rounds`: nothing unless it is given.
std::vector<Setting> CompareSettings(std::string& file, std::optional<int>& rounds, bench::CompareOptions& options);

}  // namespace trireme
