// SPDX-License-Identifier: Apache-2.0
#include "server/message_model.h"

#include <optional>
#include <string>

#include "codec/proto_wire.h"

namespace trireme {

Result<std::string_view> MessageModel(std::span<const std::byte> message, int field) {
  std::string_view model;
  ProtoReader reader(message);
  while (const std::optional<ProtoField> found = reader.Next()) {
    if (found->number != field) continue;
    if (found->type != ProtoField::Type::kBytes) {
      return InvalidArgument("field " + std::to_string(field) +
                             " of the message: expected the name of a model, found no string");
    }
    model = found->bytes;
  }
  if (reader.malformed()) {
    return InvalidArgument("the message is not a protobuf message: malformed at byte " +
                           std::to_string(reader.position()));
  }
  return model;
}

}  // namespace trireme
