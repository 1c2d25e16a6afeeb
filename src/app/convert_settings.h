// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// Everything that can be set for `trireme convert`; writes to `options`, which must outlive it.
std::vector<Setting> ConvertSettings(ConvertOptions& options);

// What no single setting can see.
Status CheckConvertOptions(const ConvertOptions& options);

}  // namespace trireme
