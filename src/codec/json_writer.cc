// SPDX-License-Identifier: Apache-2.0
#include "codec/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace trireme {
namespace {

// Longest text of a value: sign, digits, point and exponent.
template <typename T>
constexpr size_t kMostLetters =
    std::floating_point<T> ? std::numeric_limits<T>::max_digits10 + 8 : std::numeric_limits<T>::digits10 + 2;

char* Put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// Room for kMostLetters must be there.
template <typename T>
char* PutNumber(char* to, T value) {
  if constexpr (std::floating_point<T>) {
    if (!std::isfinite(value)) [[unlikely]] {
      if (std::isnan(value)) return Put(to, "NaN");
      return Put(to, value > 0 ? "Infinity" : "-Infinity");
    }
  }
  return std::to_chars(to, to + kMostLetters<T>, value).ptr;
}

}  // namespace

template <typename T>
void AppendJsonNumber(std::string& out, T value) {
  char text[kMostLetters<T>];
  out.append(text, PutNumber(text, value));
}

template <typename T>
void AppendJsonNumbers(std::string& out, std::span<const T> values) {
  // In pieces, so that the room made is not far more than what is needed.
  constexpr size_t kPiece = 512;
  char text[kPiece * (kMostLetters<T> + 1)];
  while (!values.empty()) {
    const std::span<const T> piece = values.first(std::min(kPiece, values.size()));
    values = values.subspan(piece.size());
    char* to = text;
    for (const T value : piece) {
      to = PutNumber(to, value);
      *to++ = ',';
    }
    if (values.empty()) --to;  // no comma behind the last
    out.append(text, to);
  }
}

template void AppendJsonNumber(std::string&, int8_t);
template void AppendJsonNumber(std::string&, int16_t);
template void AppendJsonNumber(std::string&, int32_t);
template void AppendJsonNumber(std::string&, int64_t);
template void AppendJsonNumber(std::string&, uint8_t);
template void AppendJsonNumber(std::string&, uint16_t);
template void AppendJsonNumber(std::string&, uint32_t);
template void AppendJsonNumber(std::string&, uint64_t);
template void AppendJsonNumber(std::string&, float);
template void AppendJsonNumber(std::string&, double);
template void AppendJsonNumbers(std::string&, std::span<const int8_t>);
template void AppendJsonNumbers(std::string&, std::span<const int16_t>);
template void AppendJsonNumbers(std::string&, std::span<const int32_t>);
template void AppendJsonNumbers(std::string&, std::span<const int64_t>);
template void AppendJsonNumbers(std::string&, std::span<const uint8_t>);
template void AppendJsonNumbers(std::string&, std::span<const uint16_t>);
template void AppendJsonNumbers(std::string&, std::span<const uint32_t>);
template void AppendJsonNumbers(std::string&, std::span<const uint64_t>);
template void AppendJsonNumbers(std::string&, std::span<const float>);
template void AppendJsonNumbers(std::string&, std::span<const double>);

}  // namespace trireme
