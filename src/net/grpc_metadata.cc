// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_metadata.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "codec/base64.h"
#include "net/http_chars.h"

namespace trireme::net {
namespace {

constexpr size_t kGroup = 4;

// Of a status's message as it travels. Most clients take 8 KiB of trailers and no more, and nghttp2 sends none beyond
// 64 KiB.
constexpr size_t kMostMessageBytes = 4096;
constexpr std::string_view kCut = "...";

bool IsPrintable(char c) {
  return c >= ' ' && c <= '~';
}

bool IsNameOfMetadata(std::string_view name) {
  if (name.empty() || name == "grpc-status" || name == "grpc-message" || name == "content-type") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// Whether a text that is percent-encoded may be cut in front of `at`: not inside an escape, nor inside a character.
bool MayBeCut(std::string_view encoded, size_t at) {
  if ((at >= 1 && encoded[at - 1] == '%') || (at >= 2 && encoded[at - 2] == '%')) return false;
  constexpr std::string_view kContinues = "89AB";  // begins the escapes of UTF-8's continuation bytes
  return encoded[at] != '%' || kContinues.find(encoded[at + 1]) == std::string_view::npos;
}

std::string MessageValue(std::string_view message) {
  std::string encoded = PercentEncode(message.substr(0, kMostMessageBytes + 1));
  if (encoded.size() <= kMostMessageBytes) return encoded;
  size_t end = kMostMessageBytes - kCut.size();
  while (end > 0 && !MayBeCut(encoded, end)) --end;
  encoded.resize(end);
  return encoded.append(kCut);
}

std::string Printable(std::string value) {
  for (char& c : value) {
    if (!IsPrintable(c)) c = '?';
  }
  return value;
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsPrintable(c) && c != '%') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
  }
  return encoded;
}

std::string EncodeBinaryMetadata(std::string_view bytes) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((bytes.size() + 2) / 3 * kGroup);
  uint32_t bits = 0;  // that wait for a letter, in the lowest places
  int waiting = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (waiting += 8; waiting >= 6; waiting -= 6) encoded += kLetters[bits >> (waiting - 6) & 0x3f];
  }
  if (waiting > 0) encoded += kLetters[bits << (6 - waiting) & 0x3f];
  return encoded;
}

Result<std::vector<std::string>> DecodeBinaryMetadata(std::string_view value) {
  std::vector<std::string> pieces;
  while (true) {
    const size_t comma = std::min(value.find(','), value.size());
    std::string piece(TrimBlanks(value.substr(0, comma)));
    const bool padded = piece.ends_with('=');
    while (!padded && piece.size() % kGroup > 1) piece += '=';
    ASSIGN_OR_RETURN(std::string bytes, DecodeBase64(piece));
    pieces.push_back(std::move(bytes));
    if (comma == value.size()) return pieces;
    value.remove_prefix(comma + 1);
  }
}

Http2Headers StatusTrailers(const GrpcStatus& status) {
  Http2Headers trailers;
  trailers.reserve(2 + status.metadata.size());
  trailers.emplace_back("grpc-status", std::to_string(static_cast<int>(status.code)));
  if (!status.message.empty()) trailers.emplace_back("grpc-message", MessageValue(status.message));
  for (const auto& [name, value] : status.metadata) {
    if (!IsNameOfMetadata(name)) continue;
    trailers.emplace_back(name, name.ends_with("-bin") ? EncodeBinaryMetadata(value) : Printable(value));
  }
  return trailers;
}

}  // namespace trireme::net
