// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// Everything that can be set for `trireme check`; writes to `options`, which must outlive it.
std::vector<Setting> CheckSettings(CheckOptions& options);

// What no single setting can see.
Status CheckCheckOptions(const CheckOptions& options);

}  // namespace trireme
