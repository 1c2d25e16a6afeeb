// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/settings.h"
#include "predict/options.h"

namespace trireme {

// Everything that can be set for `trireme predict`; writes to `options`, which must outlive it.
std::vector<Setting> PredictSettings(predict::PredictOptions& options);

}  // namespace trireme
