// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/repository_request.h"

#include <optional>
#include <utility>

#include "codec/base64.h"
#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/load_parameters.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

// Calls read(key, place) for every member of the one "parameters"; other keys are passed over.
template <typename Read>
Status ReadParameters(std::string_view text, JsonCursor& json, Read read) {
  if (text.empty()) return {};
  const Place parameters("parameters", nullptr);
  bool given = false;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    if (*key != "parameters") {
      if (!json.Skip()) return json.status();
      continue;
    }
    if (std::exchange(given, true)) return parameters.GivenTwice();
    if (!json.EnterObject()) return parameters.Wrong(json);
    while (const auto parameter = json.NextKey()) {
      const std::string name(*parameter);
      RETURN_IF_ERROR(read(name, Place(name, &parameters)));
    }
    if (!json.ok()) return parameters.Wrong(json);
  }
  return json.Finish() ? Status() : json.status();
}

Status ReadFile(JsonCursor& json, const Place& place, std::string_view name, LoadRequest& request) {
  ASSIGN_OR_RETURN(std::string path, FilePath(name, place, request));
  if (request.files.contains(path)) return place.GivenTwice();
  const std::optional<std::string_view> text = json.ReadString();
  if (!text) return place.Wrong(json);
  Result<std::string> bytes = DecodeBase64(*text);
  if (!bytes.ok()) return std::move(bytes).status().Within(place.text());
  request.files.emplace(std::move(path), *std::move(bytes));
  return {};
}

}  // namespace

Result<LoadRequest> DecodeLoadRequest(std::string_view text) {
  JsonCursor json(text);
  LoadRequest request;
  std::optional<std::string> config;
  RETURN_IF_ERROR(ReadParameters(text, json, [&](const std::string& name, const Place& place) {
    if (name == "config") return ReadField(json, place, config);
    if (name.starts_with(kFilePrefix)) return ReadFile(json, place, name, request);
    return UnknownParameter(place, kKnownToLoad);
  }));
  RETURN_IF_ERROR(SetConfig(std::move(config), Place("parameters", nullptr), request));
  return request;
}

Result<UnloadRequest> DecodeUnloadRequest(std::string_view text) {
  JsonCursor json(text);
  std::optional<bool> dependents;
  RETURN_IF_ERROR(ReadParameters(text, json, [&](const std::string& name, const Place& place) {
    if (name == "unload_dependents") return ReadField(json, place, dependents);
    return UnknownParameter(place, kKnownToUnload);
  }));
  return UnloadRequest{.unload_dependents = dependents.value_or(false)};
}

}  // namespace trireme::kserve
