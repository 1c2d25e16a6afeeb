// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "access/key_line.h"
#include "base/status.h"

namespace trireme {

// The text of a file of keys with one key more, or less. Comments and other lines stay as they are. Pure functions.
//
// Errors are those of ParseKeyFile, of the old text and of the new: a file that is wrong is not touched, and a name
// that is there already is refused.
Result<std::string> WithKey(std::string text, std::string_view file, const KeyLine& key);

// kNotFound: no key of that name.
Result<std::string> WithoutKey(std::string_view text, std::string_view file, std::string_view name);

}  // namespace trireme
