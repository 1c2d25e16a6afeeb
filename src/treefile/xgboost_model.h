// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "treefile/forest.h"
#include "treefile/read_forest.h"

namespace trireme::treefile {

// XGBoost's models as JSON or UBJSON, of versions 1.0 to 3.x; errors as ReadForest's.
Result<Forest> ReadXgboostJson(std::string_view text, const ReadOptions& options);
Result<Forest> ReadXgboostUbjson(std::string_view bytes, const ReadOptions& options);

}  // namespace trireme::treefile
