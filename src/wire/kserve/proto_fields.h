// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "codec/proto_wire.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

// Fields of protobuf messages from outside, each read as what it must be. kInvalidArgument names the place, what was
// expected and what came. Reading into a value again replaces it: of a field that is there several times the last
// counts.

// A string, which must be UTF-8; as a view of what was read, or a copy.
Status ReadProto(const ProtoField& field, const Place& place, std::string_view& to);
Status ReadProto(const ProtoField& field, const Place& place, std::string& to);
Status ReadProto(const ProtoField& field, const Place& place, bool& to);
// Of any integer type; those of 32 bits are not cut to them.
Status ReadProto(const ProtoField& field, const Place& place, uint64_t& to);
Status ReadProto(const ProtoField& field, const Place& place, int64_t& to);
Status ReadProto(const ProtoField& field, const Place& place, double& to);

// `bytes`, or a message: a view of it.
Status ReadProtoBytes(const ProtoField& field, const Place& place, std::string_view expected, std::string_view& to);

// "a string", as it is on the wire: "a number", "4 bytes".
std::string_view NameOfType(ProtoField::Type type);

// What is said of bytes that are no message from `position` on.
Status NoProtoMessage(const Place& place, size_t position);

// Calls read(field) for every field of a message, a string_view or a span of bytes, until it fails.
template <typename Bytes, typename Read>
Status ReadProtoMessage(const Bytes& message, const Place& place, Read read) {
  ProtoReader reader(message);
  while (const auto field = reader.Next()) RETURN_IF_ERROR(read(*field));
  return reader.malformed() ? NoProtoMessage(place, reader.position()) : Status();
}

// Of an entry of a map with strings for keys: finds its key, and calls read(place, field) for its value, or for each
// piece of it. An entry may lack one: then nothing is called.
template <typename Read>
Status ReadProtoEntry(const ProtoField& entry, const Place& map, std::string_view& key, Read read) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(entry, map, "a message", message));
  RETURN_IF_ERROR(ReadProtoMessage(message, map, [&](const ProtoField& field) {
    return field.number == 1 ? ReadProto(field, Place("key", &map), key) : Status();
  }));
  return ReadProtoMessage(message, map, [&](const ProtoField& field) {
    return field.number == 2 ? read(Place(key, &map), field) : Status();
  });
}

// Of a repeated field of integers, packed or not: calls read(number), which returns a Status, for each.
template <typename Read>
Status ReadProtoNumbers(const ProtoField& field, const Place& place, Read read) {
  if (field.type == ProtoField::Type::kVarint) return read(field.value);
  std::string_view rest;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "integers", rest));
  while (!rest.empty()) {
    const auto number = TakeVarint(rest);
    if (!number) return place.Wrong("integers", "a number that is cut off or too long");
    RETURN_IF_ERROR(read(*number));
  }
  return {};
}

// `text`, or where it is not UTF-8 a copy in `storage` with U+FFFD in place of what is not: protobuf's strings must be
// UTF-8, and clients refuse a whole message for one that is not.
std::string_view Utf8OrReplaced(std::string_view text, std::string& storage);
std::string Utf8OrReplaced(std::string_view text);

}  // namespace trireme::kserve
