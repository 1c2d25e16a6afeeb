// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trireme {

// One field of a protobuf message.
struct ProtoField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  int number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;      // of all types but kBytes
  std::string_view bytes;  // of kBytes: a string, a message, packed numbers; a view of what was read
};

// Walks the fields of a protobuf message in memory (https://protobuf.dev/programming-guides/encoding/), one after the
// other. Safe on any bytes; allocates nothing. Groups, which no message of ours has, are malformed.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message), begin_(message.data()) {}
  explicit ProtoReader(std::span<const std::byte> message)
      : ProtoReader(std::string_view(reinterpret_cast<const char*>(message.data()), message.size())) {}

  // The next field, or nothing: at the end, or where the bytes are no protobuf (then malformed()).
  std::optional<ProtoField> Next();

  bool malformed() const { return malformed_; }
  // Bytes read so far: where the field that Next() would give begins, or where it broke.
  size_t position() const { return static_cast<size_t>(rest_.data() - begin_); }

 private:
  std::optional<ProtoField> Fail();

  std::string_view rest_;
  const char* begin_;
  bool malformed_ = false;
};

// Takes a varint off the front of `bytes`; nothing if there is no whole one of at most 64 bits.
std::optional<uint64_t> TakeVarint(std::string_view& bytes);

// Counts what a ProtoWriter would append. A function that writes a message to either of them tells its own length
// first: template <typename Sink> void Write(Sink& sink, const Point& point).
class ProtoSizer {
 public:
  void Varint(int number, uint64_t value) { bytes_ += TagBytes(number) + VarintBytes(value); }
  void PackedVarint(uint64_t value) { bytes_ += VarintBytes(value); }
  void Fixed32(int number, uint32_t) { bytes_ += TagBytes(number) + sizeof(uint32_t); }
  void Fixed64(int number, uint64_t) { bytes_ += TagBytes(number) + sizeof(uint64_t); }
  void Bytes(int number, std::string_view bytes) {
    BytesHead(number, bytes.size());
    bytes_ += bytes.size();
  }
  void BytesHead(int number, size_t bytes) { bytes_ += TagBytes(number) + VarintBytes(bytes); }
  template <typename Write>
  void Message(int number, Write write) {
    ProtoSizer inside;
    write(inside);
    BytesHead(number, inside.bytes());
    bytes_ += inside.bytes();
  }

  size_t bytes() const { return bytes_; }

  static size_t VarintBytes(uint64_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

 private:
  static size_t TagBytes(int number) { return VarintBytes(static_cast<uint64_t>(number) << 3); }

  size_t bytes_ = 0;
};

// Appends the fields of a protobuf message to a string.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}

  void Varint(int number, uint64_t value);
  // An element of a repeated field, which Message() has begun.
  void PackedVarint(uint64_t value) { AppendVarint(out_, value); }
  void Fixed32(int number, uint32_t bits);
  void Fixed64(int number, uint64_t bits);
  void Bytes(int number, std::string_view bytes);
  // The tag and the length of a kBytes field, whose bytes follow elsewhere.
  void BytesHead(int number, size_t bytes);
  // A message within this one, or a packed field: write(sink) is called twice, first to learn how long it is.
  template <typename Write>
  void Message(int number, Write write) {
    ProtoSizer inside;
    write(inside);
    BytesHead(number, inside.bytes());
    write(*this);
  }

  static size_t VarintBytes(uint64_t value) { return ProtoSizer::VarintBytes(value); }
  static void AppendVarint(std::string& out, uint64_t value);

 private:
  void Tag(int number, ProtoField::Type type);

  std::string& out_;
};

}  // namespace trireme
