// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

inline constexpr size_t kMaxModelNameBytes = 255;

// Model names travel in paths, URLs, metric labels and logs, so the rule is strict: 1 to 255 ASCII letters, digits and
// `_-.+@`, not beginning with a dot. kInvalidArgument says which rule is broken and by what.
Status CheckModelName(std::string_view name);

// A name that another system made up and that it alone has to understand, as a hash or a path: 1 to 255 bytes of UTF-8
// without control characters.
Status CheckOpaqueName(std::string_view name);

// `text` in quotes, with every byte that is not printable ASCII as \xNN: for messages about names of outside origin.
std::string Quoted(std::string_view text);

// The beginning of such a name, without quotes: for lists.
std::string ShownName(std::string_view name);

}  // namespace trireme
