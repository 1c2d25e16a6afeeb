// SPDX-License-Identifier: Apache-2.0
// The order-preserving code in which keys of slices are written
// (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/strings/ordered_code.h).
#include <bit>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "backends/tensorflow/tensor_bundle.h"

namespace trireme::tensorflow {
namespace {

struct SliceExtent {
  int64_t begin = 0;
  int64_t length = -1;  // all of it
};

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<SliceExtent> ParseExtent(std::string_view text) {
  if (text == "-") return SliceExtent();
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> begin = ParseNumber(text.substr(0, comma));
  const std::optional<int64_t> length = ParseNumber(text.substr(comma + 1));
  if (!begin || !length) return std::nullopt;
  return SliceExtent{.begin = *begin, .length = *length};
}

// A length in one byte, and as many bytes of the number, the highest first.
void AppendUnsigned(std::string& to, uint64_t value) {
  const int bytes = (static_cast<int>(std::bit_width(value)) + 7) / 8;
  to += static_cast<char>(bytes);
  for (int i = bytes - 1; i >= 0; --i) to += static_cast<char>(value >> (8 * i));
}

void AppendText(std::string& to, std::string_view text) {
  for (const char c : text) {
    to += c;
    if (c == '\0') to += '\xff';
    if (c == '\xff') to += '\0';
  }
  to += '\0';
  to += '\x01';
}

// As many leading ones as bytes, a zero, and the number in what is left; of a negative number all bits turned over.
void AppendSigned(std::string& to, int64_t value) {
  const uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const int bytes =
      static_cast<int>(std::bit_width(magnitude)) / 7 + 1;  // each carries seven bits, and one of all is for the sign
  std::string code(static_cast<size_t>(bytes), '\0');
  for (int i = 0; i < bytes && i < 8; ++i) {
    code[static_cast<size_t>(bytes - 1 - i)] = static_cast<char>(magnitude >> (8 * i));
  }
  for (int bit = 0; bit < bytes; ++bit) {
    code[static_cast<size_t>(bit / 8)] = static_cast<char>(code[static_cast<size_t>(bit / 8)] | (0x80 >> (bit % 8)));
  }
  if (value < 0) {
    for (char& c : code) c = static_cast<char>(~c);
  }
  to += code;
}

}  // namespace

std::optional<std::string> SliceKey(std::string_view name, std::string_view slice) {
  std::vector<SliceExtent> extents;
  for (std::string_view rest = slice; !rest.empty() || extents.empty();) {
    const size_t colon = rest.find(':');
    const std::optional<SliceExtent> extent = ParseExtent(rest.substr(0, colon));
    if (!extent) return std::nullopt;
    extents.push_back(*extent);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
    if (rest.empty()) return std::nullopt;
  }
  std::string key;
  AppendUnsigned(key, 0);
  AppendText(key, name);
  AppendUnsigned(key, extents.size());
  for (const SliceExtent& extent : extents) {
    AppendSigned(key, extent.begin);
    AppendSigned(key, extent.length);
  }
  return key;
}

}  // namespace trireme::tensorflow
