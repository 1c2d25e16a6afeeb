// SPDX-License-Identifier: Apache-2.0
#include "repository/scan_at.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "repository/candidate.h"
#include "repository/folder.h"
#include "repository/mar_files.h"
#include "repository/mar_model.h"
#include "repository/merge.h"
#include "repository/model_folder.h"
#include "repository/model_name.h"
#include "repository/version_folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected = "model.onnx, VERSION/model.onnx, one of these in a folder, or an .onnx file";

// What is asked for.
struct Wanted {
  const std::string& name;
  const ReadOptions& options;
};

Candidate NothingAt(const fs::path& path, const std::string& found, const Wanted& wanted) {
  return Problem(
      path, wanted.name,
      Complain(NotFound("no model at " + Quoted(path.string()) + ": expected " + kExpected + ", found " + found), path,
               kExpected, found, "put the model there"));
}

bool IsVersionFolder(const fs::path& path) {
  return ParseVersion(path.filename().string()) && KindOf(path) == PathKind::kFolder;
}

// One model of a Triton repository, or a model file with or without its config.
bool IsModel(const fs::path& folder, const std::vector<fs::path>& inside) {
  return LookAtFolder(folder).kind == FolderKind::kModel || std::ranges::any_of(inside, HasModelExtension);
}

Candidate ReadModel(const fs::path& folder, const std::vector<fs::path>& inside, const Wanted& wanted) {
  const bool has_versions = std::ranges::any_of(inside, IsVersionFolder);
  const bool has_file = std::ranges::any_of(inside, HasModelExtension);
  return has_file && !has_versions ? ReadFlatFolder(folder, wanted.name, wanted.options)
                                   : ReadModelFolder(folder, wanted.name, wanted.options);
}

std::vector<fs::path> ModelFoldersAmong(const std::vector<fs::path>& inside) {
  std::vector<fs::path> found;
  for (const fs::path& path : inside) {
    if (KindOf(path) != PathKind::kFolder || path.filename() == "code") continue;
    const auto below = ListFolder(path);
    if (below.ok() && IsModel(path, *below)) found.push_back(path);
  }
  return found;
}

Candidate SeveralModels(const fs::path& folder, const std::vector<fs::path>& models, const Wanted& wanted) {
  return Problem(folder, wanted.name,
                 Complain(InvalidArgument(Quoted(folder.string()) + ": expected one model, found " +
                                          std::to_string(models.size()) + ": " + NamesOf(models)),
                          folder, "one model", NamesOf(models), "load each of them under a name of its own"));
}

// No model and no folder of one: it may be of a kind that nobody runs yet.
Candidate ReadOthers(const fs::path& folder, const std::vector<fs::path>& inside, const Wanted& wanted) {
  for (const fs::path& path : inside) {
    if (const auto kind = UnservedKind(path)) return Problem(path, wanted.name, NotServedYet(path, *kind));
  }
  return NothingAt(folder, NamesOf(inside), wanted);
}

Candidate CannotRead(const fs::path& folder, const Status& status, const Wanted& wanted) {
  return Problem(folder, wanted.name,
                 Complain(status, folder, "a model's folder", "one that cannot be read", "let the server read it"));
}

Candidate ReadFolder(const fs::path& folder, const Wanted& wanted) {
  if (IsMarFolder(folder)) return ReadMar(folder, wanted.name, wanted.options);
  const auto inside = ListFolder(folder);
  if (!inside.ok()) return CannotRead(folder, inside.status(), wanted);
  if (IsModel(folder, *inside)) return ReadModel(folder, *inside, wanted);
  const std::vector<fs::path> models = ModelFoldersAmong(*inside);
  if (models.empty()) return ReadOthers(folder, *inside, wanted);
  if (models.size() > 1) return SeveralModels(folder, models, wanted);
  const auto below = ListFolder(models.front());
  return below.ok() ? ReadModel(models.front(), *below, wanted) : CannotRead(models.front(), below.status(), wanted);
}

Candidate ReadFile(const fs::path& file, const Wanted& wanted) {
  if (const auto kind = UnservedKind(file)) return Problem(file, wanted.name, NotServedYet(file, *kind));
  if (IsMar(file)) return ReadMar(file, wanted.name, wanted.options);
  if (!HasModelExtension(file)) return NothingAt(file, "a file of another kind", wanted);
  Candidate model = ReadModelFile(file, wanted.options);
  model.name = wanted.name;
  return model;
}

Candidate Read(const fs::path& path, const Wanted& wanted) {
  const PathKind kind = KindOf(path);
  if (kind == PathKind::kFolder) return ReadFolder(path, wanted);
  if (kind == PathKind::kFile) return ReadFile(path, wanted);
  return NothingAt(path, std::string(Describe(kind)), wanted);
}

// A link that was packed with one model must not lead to the files of another.
std::optional<Complaint> LeadsElsewhere(const fs::path& file, const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  const fs::path below = error ? fs::path() : real.lexically_relative(fs::canonical(path, error));
  if (!error && !below.empty() && *below.begin() != "..") return std::nullopt;
  const std::string expected = "a file below " + Quoted(path.string());
  return Complain(InvalidArgument(Quoted(file.string()) + ": expected " + expected + ", found a link out of it"), file,
                  expected, "a link out of it", "put the file itself there");
}

void CheckPlaces(const fs::path& path, Candidate& model) {
  for (const ModelEntry& version : model.versions) {
    if (auto complaint = LeadsElsewhere(version.path, path)) model.Add(*std::move(complaint));
  }
}

}  // namespace

Result<RepositoryScan> ScanModelAt(const fs::path& path, const std::string& name, const ScanOptions& options) {
  RETURN_IF_ERROR(CheckOpaqueName(name));
  const ReadOptions read{.scan = options, .any_name = true};
  Candidate model = Read(path, {.name = name, .options = read});
  if (model.status.code() == StatusCode::kNotFound && model.path == path) return model.status;
  CheckPlaces(path, model);
  model.root = path;
  return ScanOfOne(std::move(model));
}

}  // namespace trireme
