// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/place.h"
#include "wire/kserve/tensor_list.h"

namespace trireme::kserve {
namespace {

Status ReadSpec(JsonCursor& json, const Place& place, std::vector<TensorSpec>& to) {
  std::optional<std::string> name;
  std::optional<DataType> type;
  std::optional<Shape> shape;
  if (!json.EnterObject()) return place.Wrong(json);
  while (const auto key = json.NextKey()) {
    if (*key == "name") {
      RETURN_IF_ERROR(ReadField(json, Place("name", &place), name));
    } else if (*key == "datatype") {
      RETURN_IF_ERROR(ReadField(json, Place("datatype", &place), type));
    } else if (*key == "shape") {
      RETURN_IF_ERROR(ReadField(json, Place("shape", &place), shape, Shape::kAny));
    } else if (!json.Skip()) {
      return place.Wrong(json);
    }
  }
  if (!json.ok()) return place.Wrong(json);
  if (!name || !type || !shape) return place.Wrong("name, datatype and shape", "less");
  to.push_back({.name = *std::move(name), .type = *type, .shape = *shape});
  return {};
}

// Calls `read` with the place of each element.
template <typename Read>
Status ReadArray(JsonCursor& json, const Place& place, Read read) {
  if (!json.EnterArray()) return place.Wrong(json);
  for (size_t i = 0; json.NextElement(); ++i) RETURN_IF_ERROR(read(Place(i, &place)));
  return json.ok() ? Status() : place.Wrong(json);
}

Status ReadSpecs(JsonCursor& json, const Place& place, std::vector<TensorSpec>& to) {
  return ReadArray(json, place, [&](const Place& element) { return ReadSpec(json, element, to); });
}

Status ReadStrings(JsonCursor& json, const Place& place, std::vector<std::string>& to) {
  return ReadArray(json, place, [&](const Place& element) {
    const std::optional<std::string_view> text = json.ReadString();
    if (!text) return element.Wrong(json);
    to.emplace_back(*text);
    return Status();
  });
}

}  // namespace

Result<ModelMetadata> DecodeModelMetadata(std::string_view text) {
  JsonCursor json(text);
  ModelMetadata metadata;
  std::optional<std::string> name;
  std::optional<std::string> platform;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    if (*key == "name") {
      RETURN_IF_ERROR(ReadField(json, Place("name", nullptr), name));
    } else if (*key == "platform") {
      RETURN_IF_ERROR(ReadField(json, Place("platform", nullptr), platform));
    } else if (*key == "versions") {
      RETURN_IF_ERROR(ReadStrings(json, Place("versions", nullptr), metadata.versions));
    } else if (*key == "inputs") {
      RETURN_IF_ERROR(ReadSpecs(json, Place("inputs", nullptr), metadata.signature.inputs));
    } else if (*key == "outputs") {
      RETURN_IF_ERROR(ReadSpecs(json, Place("outputs", nullptr), metadata.signature.outputs));
    } else if (!json.Skip()) {
      return json.status();
    }
  }
  if (!json.Finish()) return json.status();
  if (!name) return Place("name", nullptr).Wrong("a string", "nothing");
  metadata.name = *std::move(name);
  metadata.platform = std::move(platform).value_or("");
  return metadata;
}

}  // namespace trireme::kserve
