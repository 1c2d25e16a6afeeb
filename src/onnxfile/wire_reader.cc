// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/wire_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace trireme::onnxfile {
namespace {

constexpr size_t kMaxVarintBytes = 10;
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

}  // namespace

float WireField::as_float() const {
  return std::bit_cast<float>(static_cast<uint32_t>(number_value));
}

std::optional<uint64_t> WireReader::ReadVarint() {
  return TakeVarint(rest_);
}

std::optional<uint64_t> WireReader::ReadFixed(size_t width) {
  if (rest_.size() < width) return std::nullopt;
  static_assert(std::endian::native == std::endian::little);
  uint64_t value = 0;
  std::memcpy(&value, rest_.data(), width);
  rest_.remove_prefix(width);
  return value;
}

std::optional<WireReader::Cut> WireReader::Fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<WireReader::Cut> WireReader::NextCut() {
  if (rest_.empty()) return std::nullopt;
  const std::optional<uint64_t> tag = ReadVarint();
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > kMaxFieldNumber) return Fail();
  Cut cut;
  cut.field.number = static_cast<int>(*tag >> 3);
  cut.field.type = static_cast<WireField::Type>(*tag & 7);
  std::optional<uint64_t> value;
  switch (cut.field.type) {
    case WireField::Type::kVarint:
      value = ReadVarint();
      break;
    case WireField::Type::kFixed64:
      value = ReadFixed(8);
      break;
    case WireField::Type::kFixed32:
      value = ReadFixed(4);
      break;
    case WireField::Type::kBytes:
      value = ReadVarint();
      if (!value) break;
      cut.declared_bytes = *value;
      cut.field.bytes = rest_.substr(0, std::min<uint64_t>(*value, rest_.size()));
      rest_.remove_prefix(cut.field.bytes.size());
      return cut;
  }
  // Groups (types 3 and 4) are obsolete and ONNX has none.
  if (!value) return Fail();
  cut.field.number_value = *value;
  return cut;
}

std::optional<WireField> WireReader::Next() {
  const std::optional<Cut> cut = NextCut();
  if (!cut) return std::nullopt;
  if (cut->field.bytes.size() < cut->declared_bytes) {
    Fail();
    return std::nullopt;
  }
  return cut->field;
}

std::optional<int64_t> PackedVarints::Next() {
  const std::optional<uint64_t> value = TakeVarint(rest_);
  if (!value) return std::nullopt;
  return static_cast<int64_t>(*value);
}

}  // namespace trireme::onnxfile
