// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "model/version_choice.h"

namespace trireme::kserve {

// The version in a path: digits, a label, or empty for none. A number that does not fit in 63 bits is kNotFound: there
// is no such version, and it must not become another one.
Result<VersionChoice> ParsePathVersion(std::string_view text);

// The version in a message of gRPC, which may be any text: kInvalidArgument if it is neither a whole number above 0 nor
// a label.
Result<VersionChoice> ParseMessageVersion(std::string_view text);

}  // namespace trireme::kserve
