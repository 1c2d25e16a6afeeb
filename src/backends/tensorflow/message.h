// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "codec/proto_wire.h"

namespace trireme::tensorflow {

inline Status Malformed(std::string_view where) {
  return InvalidArgument(std::string(where) + " is malformed or cut off");
}

inline bool IsBytes(const ProtoField& field, int number) {
  return field.number == number && field.type == ProtoField::Type::kBytes;
}

inline bool IsVarint(const ProtoField& field, int number) {
  return field.number == number && field.type == ProtoField::Type::kVarint;
}

// Calls `visit` with every field of a message; `visit` returns a Status, and the first that is not OK ends the walk.
// `where` names the message for people.
template <typename Visit>
Status ForEachField(std::string_view message, std::string_view where, Visit&& visit) {
  ProtoReader reader(message);
  while (const std::optional<ProtoField> field = reader.Next()) RETURN_IF_ERROR(visit(*field));
  if (reader.malformed()) return Malformed(where);
  return {};
}

// Appends the numbers of a field of a repeated varint, packed or one by one.
Status AppendVarints(const ProtoField& field, std::string_view where, std::vector<int64_t>& to);

// The entry of a map<string, MESSAGE>.
struct MapEntry {
  std::string_view key;
  std::string_view value;
};
Result<MapEntry> ReadMapEntry(std::string_view entry, std::string_view where);

// Text of a file in a message for people: printable, and not too long.
std::string Shown(std::string_view text);

}  // namespace trireme::tensorflow
