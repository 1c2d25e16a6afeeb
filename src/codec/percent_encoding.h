// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// What %XX stands for (RFC 3986, section 2.1); everything else is itself. Any bytes may come, and come out.
// kInvalidArgument: a '%' that two hexadecimal digits do not follow.
Result<std::string> PercentDecoded(std::string_view text);

}  // namespace trireme
