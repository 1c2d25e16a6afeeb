// SPDX-License-Identifier: Apache-2.0
#include "tracing/trace_parent.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace trireme {
namespace {

std::optional<uint8_t> Digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;  // upper case is not allowed
}

bool ReadHex(std::string_view text, std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const std::optional<uint8_t> high = Digit(text[2 * i]);
    const std::optional<uint8_t> low = Digit(text[2 * i + 1]);
    if (!high || !low) return false;
    bytes[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return true;
}

bool IsZero(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceParent> ParseTraceParent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" trace-flags; a later version may have more behind another "-".
  constexpr size_t kBytes = 55;
  if (header.size() < kBytes || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  uint8_t version = 0;
  uint8_t flags = 0;
  TraceParent parent;
  if (!ReadHex(header.substr(0, 2), {&version, 1}) || !ReadHex(header.substr(3, 32), parent.trace_id) ||
      !ReadHex(header.substr(36, 16), parent.span_id) || !ReadHex(header.substr(53, 2), {&flags, 1})) {
    return std::nullopt;
  }
  const bool has_more = header.size() > kBytes;
  if (version == 0xff || (has_more && (version == 0 || header[kBytes] != '-'))) return std::nullopt;
  if (IsZero(parent.trace_id) || IsZero(parent.span_id)) return std::nullopt;
  parent.sampled = (flags & 1) != 0;
  return parent;
}

}  // namespace trireme
