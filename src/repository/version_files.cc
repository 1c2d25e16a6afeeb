// SPDX-License-Identifier: Apache-2.0
#include "repository/version_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "onnxfile/onnx_reader.h"
#include "repository/folder.h"
#include "repository/model_name.h"
#include "repository/open_file.h"
#include "repository/recorded_requests.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10'000;
constexpr int kMaxDepth = 16;

Status CannotBeRead(const fs::path& folder, const std::error_code& error) {
  return Unavailable("folder " + Quoted(folder.string()) + " cannot be read: " + error.message());
}

// Nothing if there is no such file, or another thing.
std::optional<FileStamp> StampOfFile(const fs::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return StampOf(found);
}

class FolderWalk {
 public:
  Status Walk(const fs::path& folder, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) {
      return TooLarge("folder " + Quoted(folder.string()) + ": expected at most " + std::to_string(kMaxDepth) +
                      " folders in one another, found more");
    }
    std::error_code error;
    fs::directory_iterator it(folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      RETURN_IF_ERROR(Take(it->path(), prefix + it->path().filename().string(), depth));
    }
    return error ? CannotBeRead(folder, error) : Status();
  }

  std::vector<VersionFile> files() && {
    std::ranges::sort(files_, {}, &VersionFile::name);
    return std::move(files_);
  }

 private:
  Status Take(const fs::path& path, std::string name, int depth) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return {};  // a link that leads nowhere, or it has just gone
    if (S_ISDIR(found.st_mode)) return Walk(path, name + "/", depth + 1);
    if (!S_ISREG(found.st_mode) || name == kManifestName || IsRecordedRequest(name)) return {};
    if (files_.size() >= kMaxFiles) {
      return TooLarge(Quoted(path.string()) + ": expected at most " + std::to_string(kMaxFiles) +
                      " files of a version, found more");
    }
    files_.push_back({.name = std::move(name), .path = path, .stamp = StampOf(found)});
    return {};
  }

  std::vector<VersionFile> files_;
};

Result<VersionFiles> FilesOfFolder(const ModelEntry& entry) {
  const fs::path& folder = entry.version_folder;
  FolderWalk walk;
  RETURN_IF_ERROR(walk.Walk(folder, "", 1));
  const bool is_folder = entry.path == folder;
  return VersionFiles{.model = is_folder ? "" : entry.path.lexically_relative(folder).string(),
                      .files = std::move(walk).files()};
}

// The names of the files that a model's constants lie in. None of a file that is no model: it will not be opened.
std::set<std::string> DataNamesOf(const OpenFile& model) {
  onnxfile::ByteSource source(model.size(), [&](uint64_t offset, std::span<char> to) -> Status {
    ASSIGN_OR_RETURN(const size_t had, model.ReadAt(offset, to));
    return had == to.size() ? Status() : Unavailable("a file that became shorter");
  });
  const Result<onnxfile::ModelSummary> summary = onnxfile::ReadModelSummary(source);
  std::set<std::string> names;
  if (!summary.ok()) return names;
  for (const onnxfile::ExternalTensor& tensor : summary->external_tensors) names.insert(tensor.location);
  return names;
}

// No backend reads what lies elsewhere.
bool StaysBelow(const std::string& name) {
  const fs::path path(name);
  return name.find('\0') == std::string::npos && !path.is_absolute() && std::ranges::find(path, "..") == path.end();
}

// One name for all files of a kind.
std::string NameOfPlain(const fs::path& file) {
  if (HasTorchExtension(file)) return "model.pt";
  return IsTreeFile(file) ? "model" + file.extension().string() : "model.onnx";
}

Result<VersionFiles> FilesOfPlainModel(const fs::path& file) {
  const Result<OpenFile> model = OpenFile::Open(file);
  if (!model.ok()) return {{model.status().code(), Quoted(file.string()) + " is " + model.status().message()}};
  const std::string name = NameOfPlain(file);
  VersionFiles found{.model = name, .files = {{.name = name, .path = file, .stamp = model->stamp()}}};
  for (const std::string& data : DataNamesOf(*model)) {
    if (!StaysBelow(data)) continue;
    const fs::path path = file.parent_path() / data;
    if (const auto stamp = StampOfFile(path)) found.files.push_back({.name = data, .path = path, .stamp = *stamp});
  }
  std::ranges::stable_sort(found.files, {}, &VersionFile::name);
  return found;
}

// A file among others, or beside its config: no folder is the version's own.
bool IsPlainModel(const ModelEntry& entry) {
  if (IsSavedModelFile(entry.path)) return false;  // nothing is said without its variables
  return entry.folder.empty() || (entry.backend.empty() && entry.path.parent_path() == entry.folder);
}

}  // namespace

Result<VersionFiles> FilesOfVersion(const ModelEntry& entry) {
  return IsPlainModel(entry) ? FilesOfPlainModel(entry.path) : FilesOfFolder(entry);
}

bool MayBeTheSame(const VersionFiles& a, const VersionFiles& b) {
  return a.model == b.model && std::ranges::equal(a.files, b.files, [](const VersionFile& x, const VersionFile& y) {
           return x.name == y.name && x.stamp.bytes == y.stamp.bytes;
         });
}

}  // namespace trireme
