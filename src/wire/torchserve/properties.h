// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::torchserve {

// A line of a file of Java's properties.
struct Property {
  std::string key;
  std::string value;  // UTF-8
  int line = 0;       // where it begins, from 1
  bool operator==(const Property&) const = default;
};

inline constexpr size_t kMaxPropertiesBytes = size_t{8} << 20;  // a snapshot of kMaxModelSettings has less
inline constexpr size_t kMaxProperties = 1000;

// Reads such a file as java.util.Properties does: comments (# and !), '=', ':' or blanks behind a key, lines that go on
// behind a backslash, escapes (\t \n \r \f \uXXXX, otherwise the letter itself). In their order, and a key as often as
// it comes: with Java the last one counts. A text that is not UTF-8 is taken for ISO-8859-1.
//
// kInvalidArgument names the line: no four hexadecimal digits behind \u, half of a surrogate pair, a zero byte, over a
// limit. Any bytes may come.
Result<std::vector<Property>> ParseProperties(std::string_view text);

// Appends a line that reads back as this key and value: "key=value\n".
void AppendProperty(std::string& out, std::string_view key, std::string_view value);

}  // namespace trireme::torchserve
