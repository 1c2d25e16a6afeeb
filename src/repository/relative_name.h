// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Whether a file of an archive may be called like that: a path in UTF-8 that stays below its folder, without "\" and
// control characters, and that file systems take. kInvalidArgument, kTooLarge.
Status CheckRelativeName(std::string_view name, size_t most_bytes);

}  // namespace trireme
