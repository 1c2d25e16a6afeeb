// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trireme {

// Text of outside origin for a message: 'text' as it is if it has at most `most` bytes, else its beginning and how long
// it is: 'begin...' (10240 bytes). Cut between characters where it is UTF-8.
std::string Excerpt(std::string_view text, size_t most = 256);

}  // namespace trireme
