// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_names.h"

#include <utility>

#include "repository/model_name.h"
#include "repository/relative_name.h"

namespace trireme {
namespace {

Status Expected(const std::string& expected, std::string_view found) {
  return InvalidArgument("expected " + expected + ", found " + std::string(found));
}

}  // namespace

Result<ArchiveNames::Uses::iterator> ArchiveNames::Note(std::string name, Use use, bool& is_new) {
  const auto known = uses_.find(name);
  is_new = known == uses_.end();
  if (!is_new) return known;
  if (uses_.size() == most_) {
    return TooLarge("expected at most " + std::to_string(most_) + " files and folders, found more");
  }
  return uses_.emplace(std::move(name), use).first;
}

Status ArchiveNames::TakeParents(const std::string& name) {
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    bool is_new = false;
    ASSIGN_OR_RETURN(const auto at, Note(name.substr(0, slash), Use::kImpliedFolder, is_new));
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
  RETURN_IF_ERROR(CheckRelativeName(name, most_bytes_));
  std::string taken(name);
  RETURN_IF_ERROR(TakeParents(taken));
  bool is_new = false;
  ASSIGN_OR_RETURN(const auto at, Note(taken, is_folder ? Use::kFolder : Use::kFile, is_new));
  if (is_new) return taken;
  if (!is_folder || at->second != Use::kImpliedFolder) return Expected("each name once", "it again");
  at->second = Use::kFolder;
  return taken;
}

}  // namespace trireme
