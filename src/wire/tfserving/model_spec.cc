// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/model_spec.h"

#include <utility>

#include "wire/kserve/proto_fields.h"

namespace trireme::tfserving {
namespace {

using kserve::Place;
using kserve::ReadProto;
using kserve::ReadProtoBytes;
using kserve::ReadProtoMessage;

// An Int64Value, over what was there: 0 where it says nothing.
Status ReadVersion(const ProtoField& field, const Place& place, VersionChoice& version) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", message));
  int64_t number = version.number.value_or(0);
  RETURN_IF_ERROR(ReadProtoMessage(message, place, [&](const ProtoField& member) {
    return member.number == 1 ? ReadProto(member, Place("value", &place), number) : Status();
  }));
  version = number;
  return {};
}

Status ReadLabel(const ProtoField& field, const Place& place, VersionChoice& version) {
  std::string label;
  RETURN_IF_ERROR(ReadProto(field, place, label));
  version = VersionChoice::OfLabel(std::move(label));
  return {};
}

}  // namespace

Status ReadModelSpec(const ProtoField& field, const Place& place, ModelSpec& spec) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& member) -> Status {
    switch (member.number) {
      case 1:
        return ReadProto(member, Place("name", &place), spec.name);
      case 2:
        return ReadVersion(member, Place("version", &place), spec.version);
      case 3:
        return ReadProto(member, Place("signature_name", &place), spec.signature_name);
      case 4:
        return ReadLabel(member, Place("version_label", &place), spec.version);
      default:
        return {};
    }
  });
}

Status CheckModelSpec(const std::optional<ModelSpec>& spec) {
  if (!spec) return InvalidArgument("Missing ModelSpec");
  return spec->name.empty() ? InvalidArgument("ModelSpec has no name specified.") : Status();
}

}  // namespace trireme::tfserving
