// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_names.h"

#include <algorithm>

#include "base/utf8.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr size_t kMostPartBytes = 255;  // what file systems take
constexpr int kMostParts = 32;

Status Expected(const std::string& expected, std::string_view found) {
  return InvalidArgument("expected " + expected + ", found " + std::string(found));
}

}  // namespace

Status ArchiveNames::Check(std::string_view name) const {
  const std::string expected = "a relative name";
  if (name.size() > most_bytes_) {
    return TooLarge("expected a name of at most " + std::to_string(most_bytes_) + " bytes, found " +
                    std::to_string(name.size()));
  }
  if (!IsUtf8(name)) return Expected(expected + " in UTF-8", "other bytes");
  if (std::any_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; })) {
    return Expected(expected + " without control characters", "one with them");
  }
  if (name.find('\\') != std::string_view::npos) return Expected(expected + " with '/'", "one with '\\'");
  if (name.starts_with('/')) return Expected(expected, "an absolute one");
  int parts = 0;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty()) return Expected(expected, "one with '//'");
    if (part == "." || part == "..")
      return Expected(expected + " below its folder", "one with '" + std::string(part) + "'");
    if (part.size() > kMostPartBytes) return TooLarge("expected at most 255 bytes between two '/', found more");
    if (++parts > kMostParts) return TooLarge("expected at most 32 folders in one another, found more");
  }
  return {};
}

Status ArchiveNames::TakeParents(const std::string& name) {
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const auto [at, is_new] = uses_.try_emplace(name.substr(0, slash), Use::kImpliedFolder);
    if (at->second == Use::kFile) return Expected("a name of its own", "one inside of the file " + Quoted(at->first));
  }
  return {};
}

Result<std::string> ArchiveNames::Take(std::string_view name, bool is_folder) {
  while (name.starts_with("./")) name.remove_prefix(2);
  if (is_folder && name.ends_with('/')) name.remove_suffix(1);
  if (is_folder && (name.empty() || name == ".")) return std::string();
  if (name.empty()) return Expected("a name", "none");
  if (!is_folder && name.ends_with('/')) return Expected("the name of a file", "one with '/' behind");
  RETURN_IF_ERROR(Check(name));
  std::string taken(name);
  RETURN_IF_ERROR(TakeParents(taken));
  const auto [at, is_new] = uses_.try_emplace(taken, is_folder ? Use::kFolder : Use::kFile);
  if (is_new) return taken;
  if (!is_folder || at->second != Use::kImpliedFolder) return Expected("each name once", "it again");
  at->second = Use::kFolder;
  return taken;
}

}  // namespace trireme
