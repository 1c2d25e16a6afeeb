// SPDX-License-Identifier: Apache-2.0
#include "repository/model_folder.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "repository/folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

struct VersionFolder {
  int64_t number = 0;
  fs::path path;
};

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int64_t> ParseVersion(std::string_view text) {
  if (!IsDigits(text) || text.front() == '0') return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsFolderOfDigits(const fs::path& path) {
  const PathKind kind = KindOf(path);
  return (kind == PathKind::kFolder || kind == PathKind::kBrokenLink) && IsDigits(path.filename().string());
}

bool HoldsFolderOfDigits(const fs::path& folder) {
  const auto inside = ListFolder(folder);
  return inside.ok() && std::any_of(inside->begin(), inside->end(), IsFolderOfDigits);
}

// Sorts what lies in a model's folder into versions and notes.
std::vector<VersionFolder> FindVersions(const std::vector<fs::path>& inside, Candidate& model) {
  std::vector<VersionFolder> versions;
  for (const fs::path& path : inside) {
    const std::string name = path.filename().string();
    if (name == "config.pbtxt") {
      model.notes.push_back(Quoted(path.string()) + " is not read yet: the model is run with what its file says");
      continue;
    }
    if (const PathKind kind = KindOf(path); kind != PathKind::kFolder && kind != PathKind::kBrokenLink) continue;
    if (const auto number = ParseVersion(name)) {
      versions.push_back({*number, path});
    } else {
      model.notes.push_back(Quoted(path.string()) +
                            " is passed over: a version is a positive number without leading zeros");
    }
  }
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return versions;
}

void NoteOlderVersions(const std::vector<VersionFolder>& versions, Candidate& model) {
  if (versions.size() < 2) return;
  std::string note = "version " + std::to_string(versions.back().number) + " is served, the newest; not served: ";
  for (size_t i = 0; i + 1 < versions.size(); ++i) {
    note += (i > 0 ? ", " : "") + std::to_string(versions[i].number);
  }
  model.notes.push_back(std::move(note));
}

// The only .onnx file, if there is no model.onnx: an easy thing to mean.
const fs::path* OnlyOnnxFile(const std::vector<fs::path>& inside) {
  const auto first = std::find_if(inside.begin(), inside.end(), HasOnnxExtension);
  if (first == inside.end() || std::any_of(first + 1, inside.end(), HasOnnxExtension)) return nullptr;
  return &*first;
}

Status NoModelFile(const fs::path& folder, const std::vector<fs::path>& inside) {
  for (const fs::path& path : inside) {
    if (const auto kind = UnservedKind(path)) return NotServedYet(path, *kind);
  }
  return NotFound("version folder " + Quoted(folder.string()) + " has no model: expected model.onnx, found " +
                  NamesOf(inside));
}

// Puts the model file of a version into `model.path`.
Status FindModelFile(const fs::path& folder, Candidate& model) {
  if (const PathKind kind = KindOf(folder); kind != PathKind::kFolder) {
    return NotFound(Quoted(folder.string()) + ": expected a version folder, found " + std::string(Describe(kind)));
  }
  ASSIGN_OR_RETURN(const std::vector<fs::path> inside, ListFolder(folder));
  fs::path file = folder / "model.onnx";
  // A model.onnx may be a folder, which has the file and its external data.
  if (KindOf(file) == PathKind::kFolder) file /= "model.onnx";
  if (KindOf(file) == PathKind::kMissing) {
    const fs::path* only = OnlyOnnxFile(inside);
    if (only == nullptr) return NoModelFile(folder, inside);
    model.notes.push_back(Quoted(only->string()) + " is served: there is no model.onnx beside it");
    file = *only;
  }
  model.path = file;
  const PathKind kind = KindOf(file);
  if (kind == PathKind::kFile) return {};
  return NotFound(Quoted(file.string()) + ": expected an ONNX file, found " + std::string(Describe(kind)));
}

Status ReadInto(const fs::path& folder, Candidate& model) {
  ASSIGN_OR_RETURN(const std::vector<fs::path> inside, ListFolder(folder));
  const std::vector<VersionFolder> versions = FindVersions(inside, model);
  if (versions.empty()) {
    return NotFound("model folder " + Quoted(folder.string()) + " has no version: expected 1/model.onnx in it, found " +
                    NamesOf(inside));
  }
  NoteOlderVersions(versions, model);
  model.version = versions.back().number;
  return FindModelFile(versions.back().path, model);
}

}  // namespace

bool IsModelFolder(const fs::path& folder) {
  if (KindOf(folder / "config.pbtxt") == PathKind::kFile) return true;
  const auto inside = ListFolder(folder);
  return inside.ok() && std::any_of(inside->begin(), inside->end(), [](const fs::path& path) {
           return IsFolderOfDigits(path) && !HoldsFolderOfDigits(path);
         });
}

Candidate ReadModelFolder(const fs::path& folder, const std::string& name) {
  Candidate model{.name = name, .version = 1, .path = folder, .status = {}, .notes = {}};
  model.status = ReadInto(folder, model);
  return model;
}

}  // namespace trireme
