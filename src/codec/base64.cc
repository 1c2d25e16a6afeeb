// SPDX-License-Identifier: Apache-2.0
#include "codec/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "codec/json_found.h"

namespace trireme {
namespace {

constexpr size_t kGroup = 4;
constexpr int8_t kNone = -1;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kLetters.size(); ++i) values[static_cast<uint8_t>(kLetters[i])] = static_cast<int8_t>(i);
  return values;
}

constexpr std::array<int8_t, 256> kValues = MakeValues();

Status WrongByte(std::string_view text, size_t at) {
  return InvalidArgument("expected a letter of Base64 at byte " + std::to_string(at) + ", found " +
                         DescribeByte(text.substr(at)));
}

Result<std::string> DecodeLine(std::string_view text) {
  if (text.size() % kGroup != 0) {
    return InvalidArgument("expected Base64 in groups of 4 letters, found " + std::to_string(text.size()) + " letters");
  }
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t letters = text.size() - padding;
  std::string bytes;
  bytes.resize(text.size() / kGroup * 3);
  size_t written = 0;
  uint32_t group = 0;
  for (size_t i = 0; i < letters; ++i) {
    const int8_t value = kValues[static_cast<uint8_t>(text[i])];
    if (value == kNone) return WrongByte(text, i);
    group = group << 6 | static_cast<uint32_t>(value);
    if (i % kGroup != kGroup - 1) continue;
    bytes[written++] = static_cast<char>(group >> 16 & 0xff);
    bytes[written++] = static_cast<char>(group >> 8 & 0xff);
    bytes[written++] = static_cast<char>(group & 0xff);
    group = 0;
  }
  // Of the letters before the padding 4 or 2 bits belong to no byte.
  const uint32_t left_over = padding == 2 ? group & 0xf : padding == 1 ? group & 0x3 : 0;
  if (left_over != 0) {
    return InvalidArgument("expected no bits left over before the padding of Base64, found some at byte " +
                           std::to_string(letters - 1));
  }
  if (padding == 2) bytes[written++] = static_cast<char>(group >> 4 & 0xff);
  if (padding == 1) {
    bytes[written++] = static_cast<char>(group >> 10 & 0xff);
    bytes[written++] = static_cast<char>(group >> 2 & 0xff);
  }
  bytes.resize(written);
  return bytes;
}

}  // namespace

Result<std::string> DecodeBase64(std::string_view text) {
  const auto is_break = [](char c) { return c == '\r' || c == '\n'; };
  if (std::ranges::none_of(text, is_break)) return DecodeLine(text);
  std::string line;
  line.reserve(text.size());
  std::ranges::remove_copy_if(text, std::back_inserter(line), is_break);
  return DecodeLine(line);
}

Result<std::string> DecodeLaxBase64(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  if (text.size() % kGroup == 0 && std::ranges::none_of(text, is_blank)) return DecodeLine(text);
  std::string line;
  line.reserve(text.size() + kGroup);
  std::ranges::remove_copy_if(text, std::back_inserter(line), is_blank);
  // One letter alone is no byte.
  const size_t over = line.size() % kGroup;
  if (over > 1 && !line.ends_with('=')) line.append(kGroup - over, '=');
  return DecodeLine(line);
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr size_t kGroupBytes = 3;
  size_t at = out.size();
  out.resize(at + (bytes.size() + kGroupBytes - 1) / kGroupBytes * kGroup, '=');
  for (size_t i = 0; i < bytes.size(); i += kGroupBytes) {
    const size_t count = std::min(bytes.size() - i, kGroupBytes);
    uint32_t group = 0;
    for (size_t j = 0; j < kGroupBytes; ++j) {
      group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j <= count; ++j) out[at + j] = kLetters[group >> (18 - 6 * j) & 0x3f];
    at += kGroup;
  }
}

}  // namespace trireme
