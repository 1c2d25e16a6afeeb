// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::sagemaker {

// Names of models are the platform's own: any text. They travel in paths and queries with percent-encoding (RFC 3986,
// section 2.1), which paths of other dialects do not need.

// The first value of that name in a query ("a=1&b=2"), decoded, '+' as a blank; nothing: it has none. Errors name it.
Result<std::optional<std::string>> QueryValue(std::string_view query, std::string_view name);

// Whether a path can name it: a slash, a backslash, "." and ".." are refused in paths, escaped or not. kInvalidArgument
// if not; the engine refuses other names that are none.
Status CheckFitsPath(std::string_view name);

}  // namespace trireme::sagemaker
