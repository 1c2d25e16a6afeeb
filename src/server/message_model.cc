// SPDX-License-Identifier: Apache-2.0
#include "server/message_model.h"

#include <optional>
#include <string>

#include "codec/proto_wire.h"

namespace trireme {

namespace {

Status NotAString(int field) {
  return InvalidArgument("field " + std::to_string(field) +
                         " of the message: expected the name of a model, found no string");
}

// A loop looks for it: at so many fields at most.
constexpr size_t kMostFields = 128 << 10;

// Over what was found before. As deep as `within`.
Status FindModel(std::string_view message, int field, std::span<const int> within, size_t& fields_left,
                 std::string_view& model) {
  const bool is_inside = within.empty() || within.front() == 0;
  const int wanted = is_inside ? field : within.front();
  ProtoReader reader(message);
  while (const std::optional<ProtoField> found = reader.Next()) {
    if (fields_left-- == 0) {
      return InvalidArgument("message: expected at most " + std::to_string(kMostFields) + " fields, found more");
    }
    if (found->number != wanted) continue;
    if (found->type != ProtoField::Type::kBytes) return NotAString(wanted);
    if (is_inside) {
      model = found->bytes;
    } else {
      RETURN_IF_ERROR(FindModel(found->bytes, field, within.subspan(1), fields_left, model));
    }
  }
  if (!reader.malformed()) return {};
  return InvalidArgument("the message is not a protobuf message: malformed at byte " +
                         std::to_string(reader.position()));
}

}  // namespace

Result<std::string_view> MessageModel(std::span<const std::byte> message, int field, std::span<const int> within) {
  const std::string_view bytes(reinterpret_cast<const char*>(message.data()), message.size());
  std::string_view model;
  size_t fields_left = kMostFields;
  RETURN_IF_ERROR(FindModel(bytes, field, within, fields_left, model));
  return model;
}

}  // namespace trireme
