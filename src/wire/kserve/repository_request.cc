// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/repository_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/base64.h"
#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kFilePrefix = "file:";

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

Status Unknown(const Place& place, std::string_view known) {
  return place.Wrong(std::string(known), "a parameter that is not known");
}

bool IsVersion(std::string_view text) {
  constexpr size_t kMostDigits = 18;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= kMostDigits && text.front() != '0' && std::ranges::all_of(text, is_digit);
}

bool IsPlainName(std::string_view segment) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  return !segment.empty() && segment != "." && segment != ".." && segment.find('\\') == std::string_view::npos &&
         std::ranges::none_of(segment, is_control);
}

// "1/model.onnx", "1/model.savedmodel/saved_model.pb": nothing that leads out of the model's folder.
bool IsFilePath(std::string_view path) {
  const size_t slash = path.find('/');
  if (path.size() > kMaxNameBytes || slash == std::string_view::npos || !IsVersion(path.substr(0, slash))) return false;
  std::string_view rest = path.substr(slash + 1);
  while (true) {
    const size_t end = rest.find('/');
    if (!IsPlainName(rest.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    rest.remove_prefix(end + 1);
  }
}

Status ReadFile(JsonCursor& json, const Place& place, std::string_view name, LoadRequest& request) {
  const std::string path(name.substr(kFilePrefix.size()));
  if (!IsFilePath(path)) {
    return place.Wrong("'file:<version>/<name>' with plain names, such as 'file:1/model.onnx'", Quoted(name));
  }
  if (request.files.contains(path)) return place.GivenTwice();
  if (request.files.size() == kMaxParameters) {
    return place.Wrong("at most " + std::to_string(kMaxParameters) + " files", "more");
  }
  const std::optional<std::string_view> text = json.ReadString();
  if (!text) return place.Wrong(json);
  Result<std::string> bytes = DecodeBase64(*text);
  if (!bytes.ok()) return std::move(bytes).status().Within(place.text());
  request.files.emplace(path, *std::move(bytes));
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
    return Unknown(place, "'config' or 'file:<version>/<name>'");
  }));
  if (config && config->empty()) {
    return InvalidArgument("parameters.config: expected a model configuration in JSON, found an empty string");
  }
  if (!request.files.empty() && !config) {
    return InvalidArgument(
        "parameters.config: expected the configuration of the model whose files are given, found "
        "nothing");
  }
  request.config = std::move(config).value_or("");
  return request;
}

Result<UnloadRequest> DecodeUnloadRequest(std::string_view text) {
  JsonCursor json(text);
  std::optional<bool> dependents;
  RETURN_IF_ERROR(ReadParameters(text, json, [&](const std::string& name, const Place& place) {
    if (name == "unload_dependents") return ReadField(json, place, dependents);
    return Unknown(place, "'unload_dependents'");
  }));
  return UnloadRequest{.unload_dependents = dependents.value_or(false)};
}

}  // namespace trireme::kserve
