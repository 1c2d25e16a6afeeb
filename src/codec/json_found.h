// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace trireme {

// What a piece of JSON begins with, for an error message: "number 1.5", "string \"FP31\"", "'}'", "the end". Short, and
// printable whatever the bytes are.
std::string DescribeJson(std::string_view text);

// The same for a byte inside a string.
std::string DescribeByte(std::string_view text);

}  // namespace trireme
