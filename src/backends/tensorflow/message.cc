// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/message.h"

#include <algorithm>

namespace trireme::tensorflow {

Status AppendVarints(const ProtoField& field, std::string_view where, std::vector<int64_t>& to) {
  if (field.type == ProtoField::Type::kVarint) {
    to.push_back(static_cast<int64_t>(field.value));
    return {};
  }
  if (field.type != ProtoField::Type::kBytes) return Malformed(where);
  std::string_view rest = field.bytes;
  while (!rest.empty()) {
    const std::optional<uint64_t> value = TakeVarint(rest);
    if (!value) return Malformed(where);
    to.push_back(static_cast<int64_t>(*value));
  }
  return {};
}

Result<MapEntry> ReadMapEntry(std::string_view entry, std::string_view where) {
  MapEntry read;
  RETURN_IF_ERROR(ForEachField(entry, where, [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 1)) read.key = field.bytes;
    if (IsBytes(field, 2)) read.value = field.bytes;
    return {};
  }));
  return read;
}

std::string Shown(std::string_view text) {
  constexpr size_t kMostBytes = 200;
  std::string shown;
  for (const char c : text.substr(0, kMostBytes)) shown += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > kMostBytes ? shown + "..." : shown;
}

}  // namespace trireme::tensorflow
