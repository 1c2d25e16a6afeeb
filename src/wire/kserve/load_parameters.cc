// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/load_parameters.h"

#include <algorithm>
#include <utility>

#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {
namespace {

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

}  // namespace

Result<std::string> FilePath(std::string_view name, const Place& place, const LoadRequest& request) {
  const std::string_view path = name.substr(kFilePrefix.size());
  if (!IsFilePath(path)) {
    return place.Wrong("'file:<version>/<name>' with plain names, such as 'file:1/model.onnx'", Quoted(name));
  }
  if (request.files.size() == kMaxParameters) {
    return place.Wrong("at most " + std::to_string(kMaxParameters) + " files", "more");
  }
  return std::string(path);
}

Status SetConfig(std::optional<std::string> config, const Place& parameters, LoadRequest& request) {
  const Place place("config", &parameters);
  if (config && config->empty()) return place.Wrong("a model configuration in JSON", "an empty string");
  if (!request.files.empty() && !config) {
    return place.Wrong("the configuration of the model whose files are given", "nothing");
  }
  request.config = std::move(config).value_or("");
  return {};
}

Status UnknownParameter(const Place& place, std::string_view known) {
  return place.Wrong(known, "a parameter that is not known");
}

}  // namespace trireme::kserve
