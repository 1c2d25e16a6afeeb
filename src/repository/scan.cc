// SPDX-License-Identifier: Apache-2.0
#include "repository/scan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "repository/candidate.h"
#include "repository/folder.h"
#include "repository/merge.h"
#include "repository/model_folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected =
    "expected an .onnx file, a folder of .onnx files, a Triton repository (NAME/VERSION/model.onnx) or one model of it "
    "(VERSION/model.onnx)";

Candidate Problem(const fs::path& path, std::string name, Status status) {
  return {.name = std::move(name), .version = 1, .path = path, .status = std::move(status), .notes = {}};
}

Candidate OnnxFile(const fs::path& path) {
  return {.name = path.stem().string(), .version = 1, .path = path, .status = {}, .notes = {}};
}

// The last component of a path as it was given: "models" for "models/", the working folder's own for ".".
std::string NameOfFolder(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::absolute(path, ignored).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// A folder without versions that has model files in it all the same.
std::optional<Candidate> MisplacedModel(const fs::path& folder) {
  const auto inside = ListFolder(folder);
  if (!inside.ok()) return Problem(folder, NameOfFolder(folder), inside.status());
  for (const fs::path& path : *inside) {
    if (const auto kind = UnservedKind(path)) return Problem(folder, NameOfFolder(folder), NotServedYet(path, *kind));
    if (!HasOnnxExtension(path)) continue;
    return Problem(folder, NameOfFolder(folder),
                   NotFound("model folder " + Quoted(folder.string()) + " has no version folder: expected " +
                            Quoted((folder / "1" / "model.onnx").string()) + ", found " + Quoted(path.string())));
  }
  return std::nullopt;
}

std::optional<Candidate> ReadSubfolder(const fs::path& path, std::vector<std::string>& notes) {
  if (IsModelFolder(path)) return ReadModelFolder(path, path.filename().string());
  auto misplaced = MisplacedModel(path);
  if (!misplaced) notes.push_back("folder " + Quoted(path.string()) + " is passed over: there is no model in it");
  return misplaced;
}

// One thing in a folder that is not itself a model; nothing if it is none of our business.
std::optional<Candidate> ReadChild(const fs::path& path, std::vector<std::string>& notes) {
  const PathKind kind = KindOf(path);
  if (kind == PathKind::kFolder) return ReadSubfolder(path, notes);
  if (const auto unserved = UnservedKind(path)) {
    return Problem(path, path.stem().string(), NotServedYet(path, *unserved));
  }
  if (kind == PathKind::kFile) return HasOnnxExtension(path) ? std::optional(OnnxFile(path)) : std::nullopt;
  if (kind != PathKind::kBrokenLink && !HasOnnxExtension(path)) return std::nullopt;
  return Problem(path, path.stem().string(),
                 NotFound(Quoted(path.string()) + ": expected a model, found " + std::string(Describe(kind))));
}

std::vector<Candidate> ReadFolder(const fs::path& folder, std::vector<std::string>& notes) {
  if (IsModelFolder(folder)) return {ReadModelFolder(folder, NameOfFolder(folder))};
  auto inside = ListFolder(folder);
  if (!inside.ok()) return {Problem(folder, "", std::move(inside).status())};
  if (std::any_of(inside->begin(), inside->end(), [](const fs::path& p) { return p.filename() == "saved_model.pb"; })) {
    return {Problem(folder, NameOfFolder(folder), NotServedYet(folder, "a TensorFlow SavedModel"))};
  }
  std::vector<Candidate> found;
  for (const fs::path& path : *inside) {
    if (auto candidate = ReadChild(path, notes)) found.push_back(*std::move(candidate));
  }
  if (found.empty()) {
    found.push_back(Problem(
        folder, "",
        NotFound("no model in folder " + Quoted(folder.string()) + ": " + kExpected + ", found " + NamesOf(*inside))));
  }
  return found;
}

std::vector<Candidate> ReadFile(const fs::path& file) {
  if (HasOnnxExtension(file)) return {OnnxFile(file)};
  if (const auto unserved = UnservedKind(file)) {
    return {Problem(file, file.stem().string(), NotServedYet(file, *unserved))};
  }
  return {Problem(
      file, "",
      InvalidArgument(Quoted(file.string()) + " is no model: " + kExpected + ", found a file of another kind"))};
}

std::vector<Candidate> ReadPath(const fs::path& path, std::vector<std::string>& notes) {
  const PathKind kind = KindOf(path);
  if (kind == PathKind::kFolder) return ReadFolder(path, notes);
  if (kind == PathKind::kFile) return ReadFile(path);
  return {
      Problem(path, "", NotFound(Quoted(path.string()) + ": " + kExpected + ", found " + std::string(Describe(kind))))};
}

}  // namespace

Result<RepositoryScan> ScanRepository(std::span<const fs::path> paths, const ScanOptions& options) {
  if (paths.empty()) return InvalidArgument(std::string("no path to serve: ") + kExpected);
  std::vector<Candidate> candidates;
  std::vector<std::string> notes;
  for (const fs::path& path : paths) {
    for (Candidate& candidate : ReadPath(path, notes)) candidates.push_back(std::move(candidate));
  }
  RepositoryScan scan = MergeCandidates(std::move(candidates), options);
  scan.notes = std::move(notes);
  return scan;
}

Result<RepositoryScan> ScanModel(std::span<const fs::path> paths, const std::string& name, const ScanOptions& options,
                                 const LoadOverride& /*instead*/, const fs::path& /*scratch*/) {
  ASSIGN_OR_RETURN(RepositoryScan scan, ScanRepository(paths, options));
  std::erase_if(scan.models, [&](const ModelEntry& entry) { return entry.id.name != name; });
  std::erase_if(scan.problems, [&](const ModelProblem& problem) { return problem.name != name; });
  if (scan.models.empty() && scan.problems.empty()) return NotFound("unknown model '" + name + "'");
  return scan;
}

}  // namespace trireme
