// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The alphabets of HTTP/1.1 (RFC 9110 section 5.6.2 and 5.5), one table look-up a byte.
namespace trireme::net {

namespace chars {

using Table = std::array<bool, 256>;

constexpr bool IsAlphanumeric(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr Table AlphanumericAnd(std::string_view others) {
  Table table{};
  for (int c = 0; c < 256; ++c) table[static_cast<size_t>(c)] = IsAlphanumeric(c);
  for (const char c : others) table[static_cast<uint8_t>(c)] = true;
  return table;
}

constexpr Table FieldValue() {
  Table table{};
  for (int c = 0; c < 256; ++c) table[static_cast<size_t>(c)] = c == '\t' || (c >= ' ' && c != 0x7f);
  return table;
}

// Visible ASCII but '#': fragments are never sent.
constexpr Table Target() {
  Table table{};
  for (int c = '!'; c <= '~'; ++c) table[static_cast<size_t>(c)] = c != '#';
  return table;
}

// Those of them that a path holds without a second look: no escapes, none that paths may not hold, no query behind.
constexpr Table PlainPath() {
  Table table = Target();
  for (const char c : std::string_view("%\\;?")) table[static_cast<uint8_t>(c)] = false;
  return table;
}

inline constexpr Table kToken = AlphanumericAnd("!#$%&'*+-.^_`|~");
inline constexpr Table kFieldValue = FieldValue();
inline constexpr Table kTarget = Target();
inline constexpr Table kPlainPath = PlainPath();
// reg-name, IP literal and port, without checking how they are put together.
inline constexpr Table kHost = AlphanumericAnd("-._~!$&'()*+,;=:[]%");

}  // namespace chars

inline bool IsIn(const chars::Table& table, char c) {
  return table[static_cast<uint8_t>(c)];
}

inline bool AllIn(const chars::Table& table, std::string_view text) {
  for (const char c : text) {
    if (!IsIn(table, c)) return false;
  }
  return true;
}

inline bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether `text` is `lower_case`, whatever the case of its letters (ASCII).
inline bool EqualsIgnoringCase(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  if (text == lower_case) return true;  // as HTTP/2 spells names, and the whole of it at once
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lower_case[i]) return false;
  }
  return true;
}

inline std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace trireme::net
