// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

// LightGBM's text models, of file versions v2 to v4; errors as ReadForest's.
Result<Forest> ReadLightgbmText(std::string_view text);

}  // namespace trireme::treefile
