// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"

namespace trireme::kserve {

// The version in a path: digits, or empty for none. One that does not fit in 63 bits is kNotFound: there is no such
// version, and it must not become another one.
Result<std::optional<int64_t>> ParsePathVersion(std::string_view digits);

// The version in a message of gRPC, which may be any text: kInvalidArgument if it is not a whole number above 0.
Result<std::optional<int64_t>> ParseMessageVersion(std::string_view text);

}  // namespace trireme::kserve
