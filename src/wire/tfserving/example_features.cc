// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/example_features.h"

#include <string>
#include <utility>

#include "base/excerpt.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::tfserving {
namespace {

using kserve::Place;
using kserve::ReadProtoBytes;
using kserve::ReadProtoMessage;
using Type = ProtoField::Type;

// How many values a field of a list has; nothing if it is none.
std::optional<size_t> CountValues(const ProtoField& field, Feature::Kind kind) {
  if (kind == Feature::Kind::kBytes) return field.type == Type::kBytes ? std::optional<size_t>(1) : std::nullopt;
  const Type single = kind == Feature::Kind::kFloat ? Type::kFixed32 : Type::kVarint;
  if (field.type == single) return 1;
  if (field.type != Type::kBytes) return std::nullopt;
  if (kind == Feature::Kind::kFloat) {
    if (field.bytes.size() % sizeof(float) != 0) return std::nullopt;
    return field.bytes.size() / sizeof(float);
  }
  size_t count = 0;
  for (std::string_view rest = field.bytes; !rest.empty(); ++count) {
    if (!TakeVarint(rest)) return std::nullopt;
  }
  return count;
}

Status AddList(std::string_view list, const Place& place, Feature& feature) {
  feature.lists.push_back(list);
  return ReadProtoMessage(list, place, [&](const ProtoField& field) -> Status {
    if (field.number != 1) return {};
    const std::optional<size_t> count = CountValues(field, feature.kind);
    if (!count) return place.Wrong("values of kind " + std::string(NameOf(feature.kind)), "others");
    feature.count += *count;
    return {};
  });
}

}  // namespace

std::string_view NameOf(Feature::Kind kind) {
  switch (kind) {
    case Feature::Kind::kNone:
      return "none";
    case Feature::Kind::kBytes:
      return "string";
    case Feature::Kind::kFloat:
      return "float";
    case Feature::Kind::kInt64:
      return "int64";
  }
  return "";
}

Status ExampleFeatures::Add(std::string_view example) {
  const Place place("example", nullptr);
  const Place features("features", &place);
  const Place feature("feature", &features);
  return ReadProtoMessage(example, place, [&](const ProtoField& field) -> Status {
    std::string_view message;
    if (field.number != 1) return {};
    RETURN_IF_ERROR(ReadProtoBytes(field, features, "a message", message));
    return ReadProtoMessage(message, features, [&](const ProtoField& entry) -> Status {
      if (entry.number != 1) return {};
      std::string_view name;
      std::string_view value;
      std::string_view bytes;
      RETURN_IF_ERROR(ReadProtoBytes(entry, feature, "a message", bytes));
      const auto read_part = [&](const ProtoField& part) -> Status {
        if (part.number == 1) return ReadProtoBytes(part, Place("key", &feature), "a string", name);
        if (part.number == 2) return ReadProtoBytes(part, Place("value", &feature), "a message", value);
        return {};
      };
      RETURN_IF_ERROR(ReadProtoMessage(bytes, feature, read_part));
      if (const auto wanted = names_.find(name); wanted != names_.end()) features_[wanted->second] = value;
      return {};
    });
  });
}

Result<std::optional<Feature>> ExampleFeatures::Find(std::string_view name) const {
  const auto wanted = names_.find(name);
  if (wanted == names_.end() || !features_[wanted->second]) return std::optional<Feature>();
  Feature feature;
  const Place place("feature", nullptr);
  const Place named(name, &place);
  const auto read_list = [&](const ProtoField& field) -> Status {
    if (field.number < 1 || field.number > 3) return {};
    std::string_view list;
    RETURN_IF_ERROR(ReadProtoBytes(field, named, "a list of values", list));
    const auto kind = static_cast<Feature::Kind>(field.number);
    if (kind != feature.kind) feature = {.kind = kind};
    return AddList(list, named, feature);
  };
  RETURN_IF_ERROR(ReadProtoMessage(*features_[wanted->second], named, read_list));
  return std::optional(std::move(feature));
}

}  // namespace trireme::tfserving
