// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/metadata.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

// In the order in which members are added.
using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ToJson(const std::vector<TensorSpec>& specs) {
  Json array = Json::array();
  for (const TensorSpec& spec : specs) {
    Json& object = array.emplace_back(Json{{"name", spec.name},
                                           {"datatype", std::string(Name(spec.type))},
                                           {"shape", std::vector<int64_t>(spec.shape.begin(), spec.shape.end())}});
    if (!spec.element_names.empty()) object["labels"] = spec.element_names;
  }
  return array;
}

void AddOrigin(const IndexEntry::Origin& origin, Json& object) {
  object["source"] = origin.source;
  if (!origin.digest.empty()) object["digest"] = origin.digest;
  object["loaded_at"] = origin.loaded_at;
  object["load_seconds"] = origin.load_seconds;
}

Json ToJson(const IndexEntry& entry) {
  Json object{{"name", entry.name}};
  if (!entry.version.empty()) object["version"] = entry.version;
  if (!entry.state.empty()) object["state"] = entry.state;
  if (!entry.reason.empty()) object["reason"] = entry.reason;
  if (!entry.since.empty()) object["since"] = entry.since;
  if (!entry.labels.empty()) object["labels"] = entry.labels;
  if (entry.pinned) object["pinned"] = true;
  if (entry.memory_bytes > 0) object["memory_bytes"] = entry.memory_bytes;
  if (!entry.device.empty()) object["device"] = entry.device;
  if (entry.origin) AddOrigin(*entry.origin, object);
  return object;
}

}  // namespace

std::string EncodeServerMetadata(const ServerMetadata& metadata) {
  return Dump({{"name", metadata.name}, {"version", metadata.version}, {"extensions", metadata.extensions}});
}

std::string EncodeModelMetadata(const ModelMetadata& metadata) {
  return Dump({{"name", metadata.name},
               {"versions", metadata.versions},
               {"platform", metadata.platform},
               {"inputs", ToJson(metadata.signature.inputs)},
               {"outputs", ToJson(metadata.signature.outputs)}});
}

std::string EncodeError(std::string_view message) {
  return Dump({{"error", std::string(message)}});
}

std::optional<std::string> DecodeError(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("error") || !json["error"].is_string()) return std::nullopt;
  return json["error"].get<std::string>();
}

std::string EncodeRepositoryIndex(const std::vector<IndexEntry>& entries) {
  Json array = Json::array();
  for (const IndexEntry& entry : entries) array.push_back(ToJson(entry));
  return Dump(array);
}

Result<IndexRequest> DecodeIndexRequest(std::string_view text) {
  if (text.empty()) return IndexRequest{};
  JsonCursor json(text);
  std::optional<bool> ready;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    if (*key == "ready") {
      RETURN_IF_ERROR(ReadField(json, Place("ready", nullptr), ready));
    } else if (!json.Skip()) {
      return json.status();
    }
  }
  if (!json.Finish()) return json.status();
  return IndexRequest{.ready_only = ready.value_or(false)};
}

}  // namespace trireme::kserve
