// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace trireme {

// Bytes of the well-formed UTF-8 sequence (RFC 3629: no overlong forms, no surrogates) that `text` begins with,
// 1 to 4; 0 if there is none.
size_t Utf8SequenceLength(std::string_view text);

bool IsUtf8(std::string_view text);

// The front of well-formed `text`, at most `most` bytes of it, cut between two characters.
std::string_view CutUtf8(std::string_view text, size_t most);

}  // namespace trireme
