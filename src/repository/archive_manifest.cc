// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_manifest.h"

#include <set>

#include "repository/model_name.h"
#include "repository/relative_name.h"

namespace trireme {
namespace {

constexpr size_t kMostDepth = 32;
constexpr size_t kMostNameBytes = 1024;

}  // namespace

bool IsFileOfArchive(std::string_view name) {
  return CheckRelativeName(name, kMostNameBytes).ok();
}

Status WrongEntry(std::string_view entry, std::string_view expected, const std::string& found) {
  return InvalidArgument(std::string(entry) + ": expected " + std::string(expected) + ", found " + found);
}

Result<ArchiveManifest> ArchiveManifest::Begin(std::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes) return ArchiveManifest(text);
  return InvalidArgument("expected at most " + std::to_string(most_bytes) + " bytes, found more");
}

ArchiveManifest::ArchiveManifest(std::string_view text) : text_(text), json_(text, kMostDepth) {}

Status ArchiveManifest::ReadObject(const std::string& place,
                                   const std::function<Status(const std::string& entry)>& read) {
  std::set<std::string, std::less<>> entries;
  if (!json_.EnterObject()) return AtPlace(place);
  while (const auto key = json_.NextKey()) {
    const std::string entry(*key);
    if (!entries.insert(entry).second) return WrongEntry(place + ShownName(entry), "each entry once", "it again");
    RETURN_IF_ERROR(read(entry));
    if (!json_.ok()) return AtPlace(place + ShownName(entry));
  }
  return json_.ok() ? Status() : AtPlace(place);
}

Status ArchiveManifest::AtPlace(const std::string& place) const {
  return place.empty() ? json_.status() : Status(json_.status()).Within(place);
}

bool ArchiveManifest::PassNull() {
  return json_.Peek() == JsonCursor::Kind::kNull && json_.ReadNull();
}

Status ArchiveManifest::ReadText(std::string& to) {
  if (PassNull()) return {};
  if (json_.Peek() == JsonCursor::Kind::kNumber) {
    if (const auto number = json_.ReadNumberText()) to = *number;
  } else if (const auto text = json_.ReadString()) {
    to = *text;
  }
  return {};
}

Status ArchiveManifest::ReadFileName(std::string_view entry, std::string& to) {
  RETURN_IF_ERROR(ReadText(to));
  if (to.empty() || IsFileOfArchive(to)) return {};
  return WrongEntry(entry, "the name of a file of the archive", Quoted(to.substr(0, 256)));
}

Status ArchiveManifest::ReadJson(std::string& to) {
  static_cast<void>(json_.Peek());  // passes over blanks
  const size_t begin = json_.offset();
  if (json_.Skip()) to = text_.substr(begin, json_.offset() - begin);
  return {};
}

Status ArchiveManifest::Pass() {
  json_.Skip();
  return {};
}

Status ArchiveManifest::Finish() {
  return json_.Finish() ? Status() : json_.status();
}

}  // namespace trireme
