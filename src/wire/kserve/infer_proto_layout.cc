// SPDX-License-Identifier: Apache-2.0
// What can be told of a ModelInferRequest by its outermost fields.
#include "codec/proto_wire.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::kserve {
namespace {

constexpr int kRawContents = 7;

// Typed contents take some 1 to 2 ns a byte to read.
constexpr size_t kLongTypedBytes = 96 << 10;
// Of raw contents only strings, and what lies crooked, have to be walked through or copied: faster.
constexpr size_t kLongRawBytes = 1 << 20;
// Of fields that have next to no bytes: an ordinary request has a few for each tensor.
constexpr size_t kManyFields = 16 << 10;

}  // namespace

bool IsLongToDecode(std::span<const std::byte> bytes) {
  if (bytes.size() <= kLongTypedBytes) return false;
  size_t typed = 0;
  size_t raw = 0;
  size_t fields = 0;
  ProtoReader reader(bytes);
  while (const auto field = reader.Next()) {
    if (++fields > kManyFields) return true;
    if (field->number == kRawContents) {
      raw += field->bytes.size();
    } else {
      typed += field->bytes.size();
    }
  }
  return typed > kLongTypedBytes || raw > kLongRawBytes;
}

size_t FindRawContents(std::span<const std::byte> beginning) {
  ProtoReader reader(beginning);
  while (const auto field = reader.Next()) {
    if (field->number != kRawContents) continue;
    return field->type == ProtoField::Type::kBytes ? reader.position() - field->bytes.size() : 0;
  }
  // The last field is cut off: of raw contents the head suffices.
  const auto* text = reinterpret_cast<const char*>(beginning.data());
  std::string_view rest = std::string_view(text, beginning.size()).substr(reader.position());
  constexpr uint64_t kRawTag = uint64_t{kRawContents} << 3 | static_cast<uint64_t>(ProtoField::Type::kBytes);
  if (TakeVarint(rest) != kRawTag || !TakeVarint(rest)) return 0;
  return beginning.size() - rest.size();
}

}  // namespace trireme::kserve
