// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/wire_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace trireme::onnxfile {
namespace {

constexpr size_t kMaxVarintBytes = 10;
constexpr size_t kMaxHeadBytes = 2 * kMaxVarintBytes;  // a tag, and a number or a length
constexpr uint64_t kMaxFieldNumber = (uint64_t{1} << 29) - 1;

// Takes a varint off the front; nothing if it is cut off or too long.
std::optional<uint64_t> TakeVarint(std::string_view& rest) {
  uint64_t value = 0;
  const size_t most = std::min(rest.size(), kMaxVarintBytes);
  for (size_t i = 0; i < most; ++i) {
    const auto byte = static_cast<uint8_t>(rest[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> TakeFixed(std::string_view& rest, size_t width) {
  if (rest.size() < width) return std::nullopt;
  static_assert(std::endian::native == std::endian::little);
  uint64_t value = 0;
  std::memcpy(&value, rest.data(), width);
  rest.remove_prefix(width);
  return value;
}

// Of a field of this type; of kBytes, its length.
std::optional<uint64_t> TakeValue(WireField::Type type, std::string_view& rest) {
  switch (type) {
    case WireField::Type::kVarint:
    case WireField::Type::kBytes:
      return TakeVarint(rest);
    case WireField::Type::kFixed64:
      return TakeFixed(rest, 8);
    case WireField::Type::kFixed32:
      return TakeFixed(rest, 4);
  }
  // Groups (types 3 and 4) are obsolete and ONNX has none.
  return std::nullopt;
}

}  // namespace

float WireField::as_float() const {
  return std::bit_cast<float>(static_cast<uint32_t>(number_value));
}

std::optional<WireField> WireReader::Fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<WireField> WireReader::Next() {
  if (rest_.size() == 0) return std::nullopt;
  const std::string_view head = source_.At(rest_.begin, std::min<uint64_t>(rest_.size(), kMaxHeadBytes));
  std::string_view after = head;
  const std::optional<uint64_t> tag = TakeVarint(after);
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > kMaxFieldNumber) return Fail();
  WireField field{.number = static_cast<int>(*tag >> 3), .type = static_cast<WireField::Type>(*tag & 7)};
  const std::optional<uint64_t> value = TakeValue(field.type, after);
  if (!value) return Fail();
  rest_.begin += head.size() - after.size();
  if (field.type != WireField::Type::kBytes) {
    field.number_value = *value;
    return field;
  }
  if (*value > rest_.size()) return Fail();
  field.bytes = {rest_.begin, rest_.begin + *value};
  rest_.begin = field.bytes.end;
  return field;
}

std::optional<int64_t> PackedVarints::Next() {
  const std::optional<uint64_t> value = TakeVarint(rest_);
  if (!value) return std::nullopt;
  return static_cast<int64_t>(*value);
}

}  // namespace trireme::onnxfile
