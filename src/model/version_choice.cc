// SPDX-License-Identifier: Apache-2.0
#include "model/version_choice.h"

#include <algorithm>

namespace trireme {
namespace {

constexpr size_t kLongestLabel = 64;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsInLabel(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

bool IsVersionLabel(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLabel && IsLetter(text.front()) &&
         std::ranges::all_of(text, IsInLabel);
}

}  // namespace trireme
