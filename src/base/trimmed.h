// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace trireme {

inline constexpr std::string_view kBlanks = " \t";
inline constexpr std::string_view kBlanksAndBreaks = " \t\r\n";

// The text without any of these letters at its ends.
inline std::string_view Trimmed(std::string_view text, std::string_view letters) {
  const size_t begin = text.find_first_not_of(letters);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(letters) + 1 - begin);
}

}  // namespace trireme
