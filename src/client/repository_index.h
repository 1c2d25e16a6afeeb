// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/kserve/metadata.h"

namespace trireme::client {

// Reads what POST /v2/repository/index answers. Unknown keys are skipped; an entry without a name is kInvalidArgument.
Result<std::vector<kserve::IndexEntry>> DecodeRepositoryIndex(std::string_view text);

}  // namespace trireme::client
