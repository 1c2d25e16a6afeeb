// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/load_request.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/excerpt.h"
#include "codec/json_cursor.h"
#include "protocols/sagemaker/names.h"

namespace trireme::sagemaker {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxUrlBytes = 4096;

// Begins as the Multi Model Server says it.
Status CheckGiven(std::string_view field, std::string_view expected, const std::optional<std::string>& value) {
  if (value && !value->empty()) return {};
  return InvalidArgument("Parameter " + std::string(field) + " is required: expected " + std::string(expected) +
                         ", found " + (value ? "an empty text" : "nothing"));
}

Result<LoadRequest> Complete(const std::optional<std::string>& name, const std::optional<std::string>& url) {
  RETURN_IF_ERROR(CheckGiven("url", "the path of a model's folder or file", url));
  RETURN_IF_ERROR(CheckGiven("model_name", "the name that requests shall use", name));
  RETURN_IF_ERROR(CheckFitsPath(*name));
  return LoadRequest{.model_name = *name, .url = *url};
}

Result<LoadRequest> ReadJson(std::string_view body) {
  JsonCursor json(body);
  std::optional<std::string> name;
  std::optional<std::string> url;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const bool is_name = *key == "model_name";
    if (!is_name && *key != "url") {
      json.Skip();
      continue;
    }
    std::optional<std::string>& target = is_name ? name : url;
    if (target) return InvalidArgument(std::string(is_name ? "model_name" : "url") + ": expected once, found twice");
    const auto text = json.ReadString();
    if (!text) return Status(json.status()).Within(*key);
    target = std::string(*text);
  }
  json.Finish();
  if (!json.ok()) return json.status();
  return Complete(name, url);
}

Status BadUrl(std::string url, const fs::path& models) {
  std::ranges::replace_if(
      url, [](char c) { return c < ' ' || c > '~'; }, '?');
  const std::string expected = url.size() > kMaxUrlBytes ? "at most " + std::to_string(kMaxUrlBytes) + " bytes"
                                                         : "a path below '" + models.string() + "', without '..'";
  return InvalidArgument("url: expected " + expected + ", found " + Excerpt(url));
}

bool IsPlain(const std::string& url) {
  const bool has_control =
      std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  const fs::path path(url);
  return url.size() <= kMaxUrlBytes && !has_control && path.is_absolute() &&
         std::ranges::find(path, fs::path("..")) == path.end();
}

// Strictly below: the folder itself is no model.
bool IsBelow(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

}  // namespace

Result<LoadRequest> ReadLoadRequest(std::string_view body, std::string_view query) {
  ASSIGN_OR_RETURN(const auto name, QueryValue(query, "model_name"));
  ASSIGN_OR_RETURN(const auto url, QueryValue(query, "url"));
  return name || url ? Complete(name, url) : ReadJson(body);
}

Result<fs::path> ResolveModelUrl(const fs::path& models, const std::string& url) {
  if (!IsPlain(url) || !IsBelow(fs::path(url).lexically_normal(), models.lexically_normal())) {
    return BadUrl(url, models);
  }
  std::error_code error;
  const fs::path real = fs::canonical(url, error);
  if (error) return NotFound("url " + Excerpt(url) + ": " + error.message());
  const fs::path folder = fs::canonical(models, error);
  if (error || !IsBelow(real, folder)) return BadUrl(url, models);
  return real;
}

}  // namespace trireme::sagemaker
