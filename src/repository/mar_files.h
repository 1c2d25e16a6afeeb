// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "repository/archive_contents.h"
#include "repository/mar_config.h"
#include "repository/mar_manifest.h"

namespace trireme {

// Whether a file is called like a TorchServe archive (.mar), or a folder is one that was not packed.
bool HasMarExtension(const std::filesystem::path& path);
bool HasWarExtension(const std::filesystem::path& path);  // the same of one of a workflow (.war)
bool IsMarFolder(const std::filesystem::path& folder);
// The same of whatever lies at a path that somebody names as an archive: a tar.gz may be one as well.
bool IsMar(const std::filesystem::path& path);

// The files of an archive, packed (.mar, a tar.gz) or lying in a folder as they were, of which no link leads out.
// Statuses are those of ReadArchiveContents and ReadFileContents. Reads what is packed once, when it is made;
// thread-safe.
class MarFiles {
 public:
  // `book`, which is not kept, knows what was read of packed ones before; null: nothing is known.
  explicit MarFiles(std::filesystem::path path, ArchiveBook* book = nullptr);

  const std::filesystem::path& path() const { return path_; }
  bool is_folder() const { return is_folder_; }

  Result<std::string> Read(const std::string& name, size_t max_bytes) const;

  // An archive that cannot be read is an error, and not one without the file.
  Result<bool> Has(const std::string& name) const;

  // What it says of itself.
  Result<MarManifest> ReadManifest() const;

  // The settings that its manifest names, as text and as they are meant; nothing: it names none.
  struct Settings {
    std::string yaml;
    MarConfig config;
  };
  Result<std::optional<Settings>> ReadSettings(const MarManifest& manifest) const;

 private:
  Result<std::string> ReadPacked(const std::string& name, size_t max_bytes) const;

  const std::filesystem::path path_;
  const bool is_folder_;
  const Result<std::shared_ptr<const ArchiveContents>> contents_;  // shared with the book; null of a folder
};

// The same of whatever lies at a path; nothing: it is no archive, and says nothing of itself. Errors name the archive
// by its file name.
struct MarFacts {
  MarManifest manifest;
  std::optional<MarConfig> config;
};
Result<std::optional<MarFacts>> ReadMarFacts(const std::filesystem::path& path);

}  // namespace trireme
