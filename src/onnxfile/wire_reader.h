// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme::onnxfile {

// One field of a protobuf message.
struct WireField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  int number = 0;
  Type type = Type::kVarint;
  uint64_t number_value = 0;    // of all types but kBytes
  std::string_view bytes = {};  // of kBytes: a string, a message or packed numbers; views the input

  bool Is(int wanted, Type wanted_type) const { return number == wanted && type == wanted_type; }
  bool IsBytes(int wanted) const { return Is(wanted, Type::kBytes); }
  bool IsVarint(int wanted) const { return Is(wanted, Type::kVarint); }
  int64_t as_int() const { return static_cast<int64_t>(number_value); }
  float as_float() const;  // of kFixed32
};

// Walks the fields of a protobuf message (https://protobuf.dev/programming-guides/encoding/) one after the other.
// Safe on any bytes; allocates nothing. What it returns views the input.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  // The next field, or nothing: at the end, or where the bytes are no protobuf (then malformed()).
  std::optional<WireField> Next();

  bool malformed() const { return malformed_; }

  // The number and type of the next field and, for kBytes, its length, where the bytes themselves may be cut off: for
  // looking at the beginning of a file. The field's own bytes, as far as they are there, are in `bytes`.
  struct Cut {
    WireField field;
    uint64_t declared_bytes = 0;
  };
  std::optional<Cut> NextCut();

 private:
  std::optional<uint64_t> ReadVarint();
  std::optional<uint64_t> ReadFixed(size_t width);
  std::optional<Cut> Fail();

  std::string_view rest_;
  bool malformed_ = false;
};

// Numbers of a repeated varint field, which come packed in one or one a field; bounded by the bytes themselves.
class PackedVarints {
 public:
  explicit PackedVarints(std::string_view bytes) : rest_(bytes) {}
  std::optional<int64_t> Next();

 private:
  std::string_view rest_;
};

}  // namespace trireme::onnxfile
