// SPDX-License-Identifier: Apache-2.0
#include "codec/proto_wire.h"

#include <array>
#include <bit>
#include <cstring>

namespace trireme {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t kMaxFieldNumber = (uint64_t{1} << 29) - 1;

template <typename T>
std::optional<T> TakeFixed(std::string_view& bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

template <typename T>
void AppendFixed(std::string& out, T value) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

constexpr size_t kMaxVarintBytes = 10;

// How many bytes it took.
size_t PutVarint(char* to, uint64_t value) {
  size_t at = 0;
  for (; value >= 0x80; value >>= 7) to[at++] = static_cast<char>(value | 0x80);
  to[at++] = static_cast<char>(value);
  return at;
}

uint64_t TagOf(int number, ProtoField::Type type) {
  return static_cast<uint64_t>(number) << 3 | static_cast<uint64_t>(type);
}

}  // namespace

std::optional<uint64_t> TakeVarint(std::string_view& bytes) {
  if (!bytes.empty() && static_cast<uint8_t>(bytes.front()) < 0x80) {  // as nearly all are
    const auto value = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    return value;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (i == 9 && byte > 1) return std::nullopt;  // more than 64 bits
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::Fail() {
  malformed_ = true;
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::Next() {
  if (rest_.empty() || malformed_) return std::nullopt;
  std::string_view rest = rest_;
  const std::optional<uint64_t> tag = TakeVarint(rest);
  if (!tag || (*tag >> 3) == 0 || (*tag >> 3) > kMaxFieldNumber) return Fail();
  ProtoField field{.number = static_cast<int>(*tag >> 3), .type = static_cast<ProtoField::Type>(*tag & 7), .bytes = {}};
  switch (field.type) {
    case ProtoField::Type::kVarint: {
      const std::optional<uint64_t> value = TakeVarint(rest);
      if (!value) return Fail();
      field.value = *value;
      break;
    }
    case ProtoField::Type::kFixed64: {
      const std::optional<uint64_t> value = TakeFixed<uint64_t>(rest);
      if (!value) return Fail();
      field.value = *value;
      break;
    }
    case ProtoField::Type::kFixed32: {
      const std::optional<uint32_t> value = TakeFixed<uint32_t>(rest);
      if (!value) return Fail();
      field.value = *value;
      break;
    }
    case ProtoField::Type::kBytes: {
      const std::optional<uint64_t> length = TakeVarint(rest);
      if (!length || *length > rest.size()) return Fail();
      field.bytes = rest.substr(0, *length);
      rest.remove_prefix(*length);
      break;
    }
    default:
      return Fail();
  }
  rest_ = rest;
  return field;
}

void ProtoWriter::Tag(int number, ProtoField::Type type) {
  AppendVarint(out_, TagOf(number, type));
}

void ProtoWriter::Varint(int number, uint64_t value) {
  Tag(number, ProtoField::Type::kVarint);
  AppendVarint(out_, value);
}

void ProtoWriter::Fixed32(int number, uint32_t bits) {
  Tag(number, ProtoField::Type::kFixed32);
  AppendFixed(out_, bits);
}

void ProtoWriter::Fixed64(int number, uint64_t bits) {
  Tag(number, ProtoField::Type::kFixed64);
  AppendFixed(out_, bits);
}

void ProtoWriter::Bytes(int number, std::string_view bytes) {
  BytesHead(number, bytes.size());
  out_.append(bytes);
}

void ProtoWriter::BytesHead(int number, size_t bytes) {
  std::array<char, 2 * kMaxVarintBytes> head;
  char* end = head.data();
  end += PutVarint(end, TagOf(number, ProtoField::Type::kBytes));
  end += PutVarint(end, bytes);
  out_.append(head.data(), static_cast<size_t>(end - head.data()));
}

void ProtoWriter::AppendVarint(std::string& out, uint64_t value) {
  std::array<char, kMaxVarintBytes> bytes;
  out.append(bytes.data(), PutVarint(bytes.data(), value));
}

}  // namespace trireme
