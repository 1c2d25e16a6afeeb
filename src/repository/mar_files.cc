// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_files.h"

#include <utility>

#include "base/letter_case.h"
#include "repository/archive.h"
#include "repository/file_contents.h"
#include "repository/folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

std::string ExtensionOf(const fs::path& path) {
  return LowerCase(path.extension().string());
}

Result<std::shared_ptr<const ArchiveContents>> Look(const fs::path& archive, ArchiveBook* book) {
  if (book != nullptr) return book->ContentsOf(archive);
  ASSIGN_OR_RETURN(ArchiveContents contents, ReadArchiveContents(archive));
  return std::make_shared<const ArchiveContents>(std::move(contents));
}

Result<MarFacts> ReadFacts(const MarFiles& files) {
  MarFacts facts;
  ASSIGN_OR_RETURN(facts.manifest, files.ReadManifest());
  ASSIGN_OR_RETURN(std::optional<MarFiles::Settings> settings, files.ReadSettings(facts.manifest));
  if (settings) facts.config = std::move(settings->config);
  return facts;
}

}  // namespace

bool HasMarExtension(const fs::path& path) {
  return ExtensionOf(path) == ".mar";
}

bool HasWarExtension(const fs::path& path) {
  return ExtensionOf(path) == ".war";
}

bool IsMarFolder(const fs::path& folder) {
  return KindOf(folder / kMarManifestName) == PathKind::kFile;
}

bool IsMar(const fs::path& path) {
  const PathKind kind = KindOf(path);
  if (kind == PathKind::kFolder) return IsMarFolder(path);
  const std::string extension = ExtensionOf(path);
  return kind == PathKind::kFile && (extension == ".mar" || extension == ".gz" || extension == ".tgz");
}

MarFiles::MarFiles(fs::path path, ArchiveBook* book)
    : path_(std::move(path)),
      is_folder_(KindOf(path_) == PathKind::kFolder),
      contents_(is_folder_ ? std::shared_ptr<const ArchiveContents>() : Look(path_, book)) {}

Result<std::string> MarFiles::Read(const std::string& name, size_t max_bytes) const {
  if (!is_folder_) return ReadPacked(name, max_bytes);
  ASSIGN_OR_RETURN(const fs::path file, FindInside(path_, path_, name));
  return ReadFileContents(file, max_bytes);
}

Result<std::string> MarFiles::ReadPacked(const std::string& name, size_t max_bytes) const {
  RETURN_IF_ERROR(contents_.status());
  const auto small = (*contents_)->small.find(name);
  const bool is_kept = small != (*contents_)->small.end() && small->second.size() <= max_bytes;
  return is_kept ? small->second : ReadFromArchive(path_, name, max_bytes);
}

Result<bool> MarFiles::Has(const std::string& name) const {
  if (is_folder_) return FindInside(path_, path_, name).ok();
  RETURN_IF_ERROR(contents_.status());
  return (*contents_)->Has(name);
}

Result<MarManifest> MarFiles::ReadManifest() const {
  ASSIGN_OR_RETURN(const std::string json, Read(kMarManifestName, kMaxMarManifestBytes));
  return ParseMarManifest(json);
}

Result<std::optional<MarFiles::Settings>> MarFiles::ReadSettings(const MarManifest& manifest) const {
  if (manifest.config_file.empty()) return std::optional<Settings>();
  Settings settings;
  ASSIGN_OR_RETURN(settings.yaml, Read(manifest.config_file, kMaxMarConfigBytes));
  ASSIGN_OR_RETURN(settings.config, ParseMarConfig(settings.yaml, path_ / manifest.config_file));
  return std::optional(std::move(settings));
}

Result<std::optional<MarFacts>> ReadMarFacts(const fs::path& path) {
  if (!IsMar(path)) return std::optional<MarFacts>();
  Result<MarFacts> facts = ReadFacts(MarFiles(path));
  const bool is_named = facts.status().message().starts_with("archive ");
  if (!facts.ok()) return is_named ? facts.status() : std::move(facts).status().Within(path.filename().string());
  return std::optional(*std::move(facts));
}

}  // namespace trireme
