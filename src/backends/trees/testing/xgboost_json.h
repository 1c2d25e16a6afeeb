// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "treefile/forest.h"

namespace trireme::trees {

// The forest as a file that XGBoost 1.7 would have saved. It has one sum, splits by thresholds alone, and leaves that
// are float32.
std::string XgboostJson(const treefile::Forest& forest, std::string_view objective);

}  // namespace trireme::trees
