// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {

inline Status Malformed(std::string_view where) {
  return InvalidArgument("not an ONNX model: " + std::string(where) + " is malformed or cut off");
}

inline Status TooMany(std::string_view what, size_t most) {
  return InvalidArgument("the ONNX model has more than " + std::to_string(most) + " " + std::string(what));
}

// Calls `visit` with every field of a message; `visit` returns a Status, and the first that is not OK ends the walk.
// `where` names the message for people.
template <typename Visit>
Status ForEachField(ByteSource& source, ByteSpan message, std::string_view where, Visit&& visit) {
  WireReader reader(source, message);
  while (const std::optional<WireField> field = reader.Next()) RETURN_IF_ERROR(visit(*field));
  RETURN_IF_ERROR(source.status());
  if (reader.malformed()) return Malformed(where);
  return {};
}

}  // namespace trireme::onnxfile
