// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_store.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/excerpt.h"
#include "base/log.h"

namespace trireme::torchserve {
namespace {

Failure NotFoundAt(std::string message) {
  return {.type = ErrorType::kModelNotFound, .message = std::move(message)};
}

bool IsBelow(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end() && path != folder;
}

// Nothing that is there: empty.
std::filesystem::path Resolved(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::canonical(path, error);
  return error ? std::filesystem::path() : resolved;
}

// A folder, or a file of a kind that models are.
bool LooksLikeModel(const std::filesystem::directory_entry& entry) {
  constexpr std::array<std::string_view, 7> kEndings = {".mar", ".onnx", ".pt", ".pth", ".torchscript", ".gz", ".tgz"};
  std::error_code error;
  if (entry.is_directory(error)) return true;
  return std::ranges::find(kEndings, entry.path().extension().string()) != kEndings.end();
}

}  // namespace

std::variant<std::filesystem::path, MustFetch, Failure> FindInStore(const Options& options, const std::string& url) {
  constexpr std::string_view kFile = "file://";
  if (url.empty()) return NotFoundAt("empty url");
  if (url.find("..") != std::string::npos) return NotFoundAt("Relative path is not allowed in url: " + url);
  // The system would take the name for what stands before it.
  if (url.find('\0') != std::string::npos) return NotFoundAt("Model not found at: " + PlainText(Excerpt(url)));
  const bool is_file = url.starts_with(kFile);
  const bool has_scheme = url.find("://") != std::string::npos;
  const Failure refused = NotFoundAt("Given URL " + url + " does not match any allowed URL(s)");
  if (has_scheme && options.allowed_urls && !options.allowed_urls->Allow(url)) return refused;
  if (has_scheme && !is_file) {
    if (options.allowed_urls) return MustFetch();
    return refused;
  }
  const std::filesystem::path store = StoreOf(options);
  if (store.empty()) return NotFoundAt("Model not found at: " + url);
  const std::filesystem::path path = Resolved(store / (is_file ? url.substr(kFile.size()) : url));
  if (path.empty()) return NotFoundAt("Model not found at: " + url);
  if (!IsBelow(path, store)) return refused;
  return path;
}

std::filesystem::path StoreOf(const Options& options) {
  return options.model_store.empty() ? std::filesystem::path() : Resolved(options.model_store);
}

std::vector<std::string> ListStore(const Options& options) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(options.model_store, error), end; !error && at != end;
       at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with('.') && LooksLikeModel(*at)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string NameOfUrl(const std::string& url) {
  std::string name = std::filesystem::path(url).stem().string();
  if (name.ends_with(".tar")) name.resize(name.size() - 4);
  for (char& c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!is_word) c = '_';
  }
  return name;
}

}  // namespace trireme::torchserve
