// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/proto_fields.h"

#include <bit>

#include "base/utf8.h"

namespace trireme::kserve {
namespace {

using Type = ProtoField::Type;

Status ReadVarint(const ProtoField& field, const Place& place, std::string_view expected, uint64_t& to) {
  if (field.type != Type::kVarint) return place.Wrong(expected, NameOfType(field.type));
  to = field.value;
  return {};
}

std::string Replaced(std::string_view text) {
  std::string replaced;
  replaced.reserve(text.size() + 16);
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    replaced += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return replaced;
}

}  // namespace

std::string_view NameOfType(Type type) {
  switch (type) {
    case Type::kVarint:
      return "an integer";
    case Type::kFixed64:
      return "8 bytes";
    case Type::kBytes:
      return "bytes";
    case Type::kFixed32:
      return "4 bytes";
  }
  return "something else";
}

Status NoProtoMessage(const Place& place, size_t position) {
  return place.Wrong("a protobuf message", "bytes that are none at byte " + std::to_string(position));
}

Status ReadProtoBytes(const ProtoField& field, const Place& place, std::string_view expected, std::string_view& to) {
  if (field.type != Type::kBytes) return place.Wrong(expected, NameOfType(field.type));
  to = field.bytes;
  return {};
}

Status ReadProto(const ProtoField& field, const Place& place, std::string_view& to) {
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a string", to));
  return IsUtf8(to) ? Status() : place.Wrong("a string in UTF-8", "bytes that are not");
}

Status ReadProto(const ProtoField& field, const Place& place, std::string& to) {
  std::string_view text;
  RETURN_IF_ERROR(ReadProto(field, place, text));
  to = text;
  return {};
}

Status ReadProto(const ProtoField& field, const Place& place, bool& to) {
  uint64_t value = 0;
  RETURN_IF_ERROR(ReadVarint(field, place, "true or false", value));
  to = value != 0;
  return {};
}

Status ReadProto(const ProtoField& field, const Place& place, uint64_t& to) {
  return ReadVarint(field, place, "an integer", to);
}

Status ReadProto(const ProtoField& field, const Place& place, int64_t& to) {
  uint64_t value = 0;
  RETURN_IF_ERROR(ReadVarint(field, place, "an integer", value));
  to = static_cast<int64_t>(value);
  return {};
}

Status ReadProto(const ProtoField& field, const Place& place, double& to) {
  if (field.type != Type::kFixed64) return place.Wrong("a number of 8 bytes", NameOfType(field.type));
  to = std::bit_cast<double>(field.value);
  return {};
}

std::string_view Utf8OrReplaced(std::string_view text, std::string& storage) {
  if (IsUtf8(text)) return text;
  storage = Replaced(text);
  return storage;
}

std::string Utf8OrReplaced(std::string_view text) {
  return IsUtf8(text) ? std::string(text) : Replaced(text);
}

}  // namespace trireme::kserve
