// SPDX-License-Identifier: Apache-2.0
#include "repository/recorded_requests.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "repository/file_contents.h"
#include "repository/folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "warmup";
constexpr std::string_view kEnding = ".json";

bool IsThere(const fs::path& folder) {
  const PathKind kind = KindOf(folder);
  return kind != PathKind::kMissing && kind != PathKind::kFile;
}

// Empty if there is none.
fs::path FolderOf(const ModelEntry& entry, const fs::path& version_folder) {
  for (const fs::path& place : {version_folder, entry.folder}) {
    if (!place.empty() && IsThere(place / kFolder)) return place / kFolder;
  }
  return {};
}

// Triton's model_warmup has its data in a folder of the same name.
bool IsDataOfASample(const ModelEntry& entry, const fs::path& file) {
  if (entry.config.warmup.empty()) return false;
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  return std::ranges::any_of(entry.config.warmup, [&](const WarmupSample& sample) {
    return std::ranges::any_of(sample.inputs, [&](const auto& input) { return input.second.file == real; });
  });
}

// A file that the version's or the model's folder has, links followed.
Result<fs::path> Inside(const ModelEntry& entry, const fs::path& file) {
  const fs::path folder = file.parent_path();
  const std::string name = file.filename().string();
  const fs::path& version_folder = entry.version_folder.empty() ? entry.folder : entry.version_folder;
  Result<fs::path> found = FindInside(version_folder, folder, name);
  return found.ok() || version_folder == entry.folder ? found : FindInside(entry.folder, folder, name);
}

}  // namespace

bool IsRecordedRequest(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && name.substr(0, slash) == kFolder && name.ends_with(kEnding) &&
         name.find('/', slash + 1) == std::string_view::npos;
}

Result<std::vector<fs::path>> FindRecordedRequests(const ModelEntry& entry, const fs::path& version_folder) {
  const fs::path folder = FolderOf(entry, version_folder);
  if (folder.empty()) return std::vector<fs::path>();
  ASSIGN_OR_RETURN(std::vector<fs::path> files, ListFolder(folder));
  std::erase_if(files,
                [&](const fs::path& file) { return file.extension() != kEnding || IsDataOfASample(entry, file); });
  if (files.size() > kMostRecordedRequests) {
    return InvalidArgument("folder " + Quoted(NameOfRecordedRequest(entry, folder)) + ": expected at most " +
                           std::to_string(kMostRecordedRequests) + " recorded requests (*.json), found " +
                           std::to_string(files.size()));
  }
  return files;
}

// Beside what is opened, which may lie in a folder of its own in that of the version.
Result<std::optional<fs::path>> FindServingLogs(const ModelEntry& entry) {
  const bool is_folder = KindOf(entry.path) == PathKind::kFolder;
  const fs::path folder = is_folder ? entry.path : entry.path.parent_path();
  const bool is_its_own = is_folder || !entry.folder.empty() || entry.path.filename() == "saved_model.pb";
  if (!is_its_own || KindOf(folder / kServingLogs) == PathKind::kMissing) return std::optional<fs::path>();
  const Result<fs::path> found = FindInside(folder, folder, kServingLogs);
  if (found.ok()) return std::optional(*found);
  return InvalidArgument("'" + std::string(kServingLogs) + "': expected a file in the model's folder, found " +
                         found.status().message());
}

std::string NameOfRecordedRequest(const ModelEntry& entry, const fs::path& file) {
  const fs::path name = file.lexically_relative(entry.folder);
  return name.empty() || *name.begin() == ".." ? file.string() : name.string();
}

Result<std::string> ReadRecordedRequest(const ModelEntry& entry, const fs::path& file) {
  const Result<fs::path> inside = Inside(entry, file);
  Result<std::string> body = inside.ok() ? ReadFileContents(*inside, kMostRecordedBytes) : inside.status();
  if (body.ok()) return body;
  return InvalidArgument("expected a file of at most " + std::to_string(kMostRecordedBytes) +
                         " bytes in the model's folder, found " + body.status().message());
}

}  // namespace trireme
