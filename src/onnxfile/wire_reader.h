// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "onnxfile/byte_source.h"

namespace trireme::onnxfile {

// One field of a protobuf message.
struct WireField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  int number = 0;
  Type type = Type::kVarint;
  uint64_t number_value = 0;  // of all types but kBytes
  ByteSpan bytes = {};        // of kBytes: where a string, a message or packed numbers lie

  bool Is(int wanted, Type wanted_type) const { return number == wanted && type == wanted_type; }
  bool IsBytes(int wanted) const { return Is(wanted, Type::kBytes); }
  bool IsVarint(int wanted) const { return Is(wanted, Type::kVarint); }
  int64_t as_int() const { return static_cast<int64_t>(number_value); }
  float as_float() const;  // of kFixed32
};

// Walks the fields of a protobuf message (https://protobuf.dev/programming-guides/encoding/) one after the other,
// and steps over what fields of type kBytes hold. Safe on any bytes; allocates nothing.
class WireReader {
 public:
  // The message may be longer than the source, if only its beginning is at hand.
  WireReader(ByteSource& source, ByteSpan message) : source_(source), rest_(message) {}

  // The next field, or nothing: at the end, or where the bytes are no protobuf or out of sight (then malformed()).
  std::optional<WireField> Next();

  bool malformed() const { return malformed_; }

  // Where the next field begins, unless malformed().
  uint64_t position() const { return rest_.begin; }

 private:
  std::optional<WireField> Fail();

  ByteSource& source_;
  ByteSpan rest_;
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
