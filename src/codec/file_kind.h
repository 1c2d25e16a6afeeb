// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace trireme {

// What a file looks like by its first bytes, for whoever sent one that is not read: "a GIF image (43 bytes)", "bytes
// that begin with 01 02 7a (3 bytes)", "nothing". Printable, and short whatever the bytes are.
std::string DescribeFile(std::string_view bytes);

// Whether these are no text that a person could read: they begin with a control character or no UTF-8 among the first
// kilobyte.
bool IsBinary(std::string_view bytes);

}  // namespace trireme
