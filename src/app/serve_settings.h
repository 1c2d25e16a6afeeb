// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// Everything that can be set for `trireme serve`; writes to `options`, which must outlive it.
std::vector<Setting> ServeSettings(ServeOptions& options);

// What no single setting can see: that there is something to serve, and that the addresses make sense together.
Status CheckServeOptions(const ServeOptions& options);

}  // namespace trireme
