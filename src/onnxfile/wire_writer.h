// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trireme::onnxfile {

// Appends the fields of a protobuf message (https://protobuf.dev/programming-guides/encoding/) to a string.
// Not thread-safe. `number` is the field's number in the message's definition.
class WireWriter {
 public:
  void Varint(int number, int64_t value) {
    Tag(number, kVarint);
    AppendVarint(static_cast<uint64_t>(value));
  }
  void Float(int number, float value) {
    Tag(number, kFixed32);
    AppendLittleEndian(value);
  }
  void Bytes(int number, std::string_view bytes) {
    Tag(number, kLengthDelimited);
    AppendVarint(bytes.size());
    out_.append(bytes);
  }

  // The same, of so many bytes, which the caller fills before the next call.
  std::span<char> BytesToFill(int number, size_t bytes) {
    Tag(number, kLengthDelimited);
    AppendVarint(bytes);
    out_.resize(out_.size() + bytes);
    return {out_.data() + out_.size() - bytes, bytes};
  }
  // Fields that are written already.
  void Raw(std::string_view fields) { out_.append(fields); }

  // A message inside: `fill` writes its fields to this same writer.
  template <typename Fill>
  void Message(int number, Fill&& fill) {
    Tag(number, kLengthDelimited);
    const size_t length_at = out_.size();
    out_.append(kLengthBytes, '\0');
    std::forward<Fill>(fill)();
    PatchLength(length_at);
  }

  void Reserve(size_t bytes) { out_.reserve(bytes); }
  std::string Take() && { return std::move(out_); }

 private:
  enum WireType { kVarint = 0, kLengthDelimited = 2, kFixed32 = 5 };

  // Lengths of messages are known only after their fields. They get a varint of fixed width, padded with zero groups,
  // which every parser accepts: so nothing is measured twice or moved, weights least of all.
  static constexpr size_t kLengthBytes = 5;

  void Tag(int number, WireType type) { AppendVarint(static_cast<uint64_t>(number) << 3 | type); }
  void AppendVarint(uint64_t value);
  void PatchLength(size_t length_at);

  template <typename T>
  void AppendLittleEndian(T value) {
    static_assert(std::endian::native == std::endian::little);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }

  std::string out_;
};

}  // namespace trireme::onnxfile
