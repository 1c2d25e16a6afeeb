// SPDX-License-Identifier: Apache-2.0
#include "codec/json_found.h"

#include <algorithm>
#include <cstdio>

namespace trireme {
namespace {

constexpr size_t kMostShown = 40;

bool IsPrintable(char c) {
  return c >= 0x20 && c < 0x7F;
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsOfNumber(char c) {
  return (c >= '0' && c <= '9') || std::string_view("+-.eE").find(c) != std::string_view::npos;
}
bool IsOfWord(char c) {
  return IsLetter(c) || IsOfNumber(c);
}

template <typename Belongs>
std::string Beginning(std::string_view text, Belongs belongs) {
  const auto stop = std::find_if_not(text.begin(), text.end(), belongs);
  const auto length = static_cast<size_t>(stop - text.begin());
  if (length <= kMostShown) return std::string(text.substr(0, length));
  return std::string(text.substr(0, kMostShown)) + "...";
}

std::string DescribeString(std::string_view text) {
  const std::string content = Beginning(text.substr(1), [](char c) { return IsPrintable(c) && c != '"'; });
  const bool whole = content.size() + 1 < text.size() && text[content.size() + 1] == '"';
  return "string \"" + content + (whole ? "\"" : "");
}

}  // namespace

std::string DescribeByte(std::string_view text) {
  if (text.empty()) return "the end";
  if (IsPrintable(text.front())) return std::string("'") + text.front() + "'";
  char hex[16];
  std::snprintf(hex, sizeof hex, "byte 0x%02X", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
  return hex;
}

std::string DescribeJson(std::string_view text) {
  if (text.empty()) return "the end";
  const char first = text.front();
  if (first == '"') return DescribeString(text);
  if (IsOfNumber(first) && first != 'e' && first != 'E') return "number " + Beginning(text, IsOfWord);
  if (IsLetter(first)) return Beginning(text, IsOfWord);
  if (first == '{') return "an object";
  if (first == '[') return "an array";
  return DescribeByte(text);
}

}  // namespace trireme
