// SPDX-License-Identifier: Apache-2.0
#include "repository/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "base/nearest_name.h"
#include "repository/candidate.h"
#include "repository/file_contents.h"
#include "repository/folder.h"
#include "repository/mar_files.h"
#include "repository/mar_model.h"
#include "repository/merge.h"
#include "repository/mlflow_folder.h"
#include "repository/model_folder.h"
#include "repository/model_name.h"
#include "repository/override_files.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected =
    "an .onnx file, a folder of .onnx files, a Triton repository (NAME/VERSION/model.onnx) or one model of it "
    "(VERSION/model.onnx), a SavedModel or its base path (VERSION/saved_model.pb), trees of XGBoost or LightGBM "
    "(.json, "
    ".ubj, .txt), an archive of TorchServe's (.mar), an MLflow model (MLmodel)";

constexpr const char* kOrList = ", a list of models for TF Serving (ModelServerConfig)";

constexpr const char* kFix = "give one of these";
constexpr const char* kRegistered = "it is registered with a running server (--workflow-store, POST /workflows)";
constexpr const char* kWorkflowFix =
    "give the archives of its models; it is registered with a running server (--workflow-store, POST /workflows), "
    "which says what is wrong with it";

// One call of a scan.
struct Scanning {
  ReadOptions options;
  const std::string* only = nullptr;  // null: every model
  std::vector<Candidate> found;
  std::vector<std::string> notes;
  std::vector<RootLook> roots;

  // A name of a file or folder that is worth a look: what is not asked for is passed over unread.
  bool Wants(const fs::path& path) const { return only == nullptr || path.filename() == *only || path.stem() == *only; }
};

// The last component of a path as it was given: "models" for "models/", the working folder's own for ".".
std::string NameOfFolder(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::absolute(path, ignored).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// A folder without versions that has model files in it all the same.
std::optional<Candidate> MisplacedModel(const fs::path& folder) {
  const auto inside = ListFolder(folder);
  if (!inside.ok()) {
    return Problem(folder, NameOfFolder(folder),
                   Complain(inside.status(), folder, "a folder", "one that cannot be read", "let the server read it"));
  }
  for (const fs::path& path : *inside) {
    if (const auto kind = UnservedKind(path)) return Problem(folder, NameOfFolder(folder), NotServedYet(path, *kind));
    if (!HasModelExtension(path)) continue;
    const fs::path better = folder / "1" / "model.onnx";
    return Problem(folder, NameOfFolder(folder),
                   Complain(NotFound("model folder " + Quoted(folder.string()) + " has no version folder: expected " +
                                     Quoted(better.string()) + ", found " + Quoted(path.string())),
                            folder, "1/model.onnx in the model's folder", NamesOf({path}),
                            "move the model to " + Quoted(better.string())));
  }
  return std::nullopt;
}

void ReadSubfolder(const fs::path& path, Scanning& scanning) {
  if (IsMarFolder(path)) {
    scanning.found.push_back(ReadMar(path, path.filename().string(), scanning.options));
    return;
  }
  const FolderLook look = LookAtFolder(path);
  if (look.kind == FolderKind::kUnclear) {
    scanning.found.push_back(
        Problem(path, path.filename().string(),
                Complain(look.status, path, "a model's folder", "one that cannot be read", "let the server read it")));
  } else if (look.kind == FolderKind::kModel) {
    scanning.found.push_back(ReadModelFolder(path, path.filename().string(), scanning.options));
  } else if (HoldsSavedModel(path) || HoldsMlflowModel(path)) {
    scanning.found.push_back(ReadFlatFolder(path, path.filename().string(), scanning.options));
  } else if (auto misplaced = MisplacedModel(path)) {
    scanning.found.push_back(*std::move(misplaced));
  } else {
    scanning.notes.push_back("folder " + Quoted(path.string()) + " is passed over: there is no model in it");
  }
}

// One thing in a folder that is not itself a model; it may be none of our business.
void ReadChild(const fs::path& path, Scanning& scanning) {
  if (!scanning.Wants(path.filename()) && !scanning.Wants(path.stem())) return;
  const PathKind kind = KindOf(path);
  if (kind == PathKind::kFolder) return ReadSubfolder(path, scanning);
  if (const auto unserved = UnservedKind(path)) {
    scanning.found.push_back(Problem(path, path.stem().string(), NotServedYet(path, *unserved)));
  } else if (kind == PathKind::kFile) {
    if (HasModelExtension(path)) scanning.found.push_back(ReadModelFile(path, scanning.options));
    if (HasMarExtension(path)) scanning.found.push_back(ReadMar(path, path.stem().string(), scanning.options));
    if (HasWarExtension(path)) {
      scanning.notes.push_back("workflow " + Quoted(path.string()) + " is passed over: " + kRegistered);
    }
  } else if (kind == PathKind::kBrokenLink || kind == PathKind::kUnreadable || HasModelExtension(path)) {
    const std::string what(Describe(kind));
    // What cannot be looked at may be a model's folder, whose name may have a dot.
    const bool whole = kind == PathKind::kUnreadable && !HasModelExtension(path);
    const std::string name = (whole ? path.filename() : path.stem()).string();
    scanning.found.push_back(Problem(path, name,
                                     Complain(NotFound(Quoted(path.string()) + ": expected a model, found " + what),
                                              path, "a model", what, "put it right, or remove it")));
  }
}

Candidate NoModelIn(const fs::path& folder, const std::vector<fs::path>& inside) {
  return Problem(folder, "",
                 Complain(NotFound("no model in folder " + Quoted(folder.string()) + ": expected " + kExpected +
                                   ", found " + NamesOf(inside)),
                          folder, kExpected, NamesOf(inside), kFix));
}

// Where a folder of digits may be a version or a model: among models it is a model.
bool LiesAmongModels(const std::vector<fs::path>& inside) {
  return std::any_of(inside.begin(), inside.end(), [](const fs::path& path) {
    const PathKind kind = KindOf(path);
    return kind == PathKind::kFile ? HasModelExtension(path)
                                   : kind == PathKind::kFolder && LookAtFolder(path).kind == FolderKind::kModel;
  });
}

// A root of which nothing can be said.
void CannotLook(const fs::path& root, Complaint complaint, Scanning& scanning) {
  scanning.roots.back().status = complaint.status;
  scanning.found.push_back(Problem(root, "", std::move(complaint)));
}

void CannotRead(const fs::path& folder, const Status& status, Scanning& scanning) {
  CannotLook(folder,
             Complain(status, folder, "a folder of models", "one that cannot be read", "let the server read it"),
             scanning);
}

// Where a path goes wrong, and what it may have been meant for.
std::string HowToFind(const fs::path& path) {
  std::error_code error;
  fs::path missing = fs::absolute(path, error).lexically_normal();
  if (!missing.has_filename()) missing = missing.parent_path();
  while (KindOf(missing.parent_path()) == PathKind::kMissing && missing.has_relative_path()) {
    missing = missing.parent_path();
  }
  const fs::path above = missing.parent_path();
  std::string text =
      "put the path right: there is no " + Quoted(missing.filename().string()) + " in " + Quoted(above.string());
  const auto inside = ListFolder(above);
  if (!inside.ok()) return text;
  std::vector<std::string> names;
  for (const fs::path& each : *inside) names.push_back(each.filename().string());
  const std::string meant = DidYouMean(missing.filename().string(), names);
  return meant.empty() ? text : text + "; " + meant;
}

// A SavedModel or an MLflow model that lies in no version's folder: version 1 of the model that is named after its own.
void ReadFlatModel(const fs::path& folder, Scanning& scanning) {
  const std::string name = NameOfFolder(folder);
  if (scanning.Wants(name)) scanning.found.push_back(ReadFlatFolder(folder, name, scanning.options));
}

void ReadFolder(const fs::path& folder, Scanning& scanning) {
  auto inside = ListFolder(folder);
  if (!inside.ok()) return CannotRead(folder, inside.status(), scanning);
  if (IsMarFolder(folder)) {
    const std::string name = NameOfFolder(folder);
    if (scanning.Wants(name)) scanning.found.push_back(ReadMar(folder, name, scanning.options));
    return;
  }
  const FolderLook look = LookAtFolder(folder);
  if (look.kind == FolderKind::kUnclear && !LiesAmongModels(*inside)) {
    return CannotRead(folder, look.status, scanning);
  }
  if (look.kind == FolderKind::kModel) {
    const std::string name = NameOfFolder(folder);
    if (scanning.Wants(name)) scanning.found.push_back(ReadModelFolder(folder, name, scanning.options));
    return;
  }
  if (std::any_of(inside->begin(), inside->end(), IsSavedModelFile) || HoldsMlflowModel(folder)) {
    return ReadFlatModel(folder, scanning);
  }
  const size_t had = scanning.found.size();
  for (const fs::path& path : *inside) ReadChild(path, scanning);
  if (scanning.found.size() == had) scanning.found.push_back(NoModelIn(folder, *inside));
}

// A list of models is read before anything is scanned, if it looks like one.
std::string KindOfOther(const fs::path& file) {
  if (HasWarExtension(file)) return "a workflow of TorchServe's";
  constexpr size_t kLookedAt = 4096;
  const Result<std::string> beginning = ReadFileBeginning(file, kLookedAt);
  const bool names_models = beginning.ok() && beginning->find("base_path") != std::string::npos;
  return names_models ? "a list of models without model_config_list { } around it" : "a file of another kind";
}

void ReadFile(const fs::path& file, Scanning& scanning) {
  if (IsSavedModelFile(file)) return ReadFlatModel(file.parent_path(), scanning);
  if (!scanning.Wants(file.stem())) return;
  if (HasMarExtension(file)) {
    scanning.found.push_back(ReadMar(file, file.stem().string(), scanning.options));
  } else if (HasModelExtension(file)) {
    scanning.found.push_back(ReadModelFile(file, scanning.options));
  } else if (const auto unserved = UnservedKind(file)) {
    scanning.found.push_back(Problem(file, file.stem().string(), NotServedYet(file, *unserved)));
  } else {
    const bool is_workflow = HasWarExtension(file);
    const std::string what = KindOfOther(file);
    const std::string expected = kExpected + std::string(kOrList);
    scanning.found.push_back(Problem(
        file, "",
        Complain(InvalidArgument(Quoted(file.string()) + " is no model: expected " + expected + ", found " + what),
                 file, expected, what, is_workflow ? kWorkflowFix : kFix)));
  }
}

std::optional<FileIdentity> IdentityOf(const fs::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{.device = found.st_dev, .inode = found.st_ino};
}

void ReadWhatLiesAt(const fs::path& path, Scanning& scanning) {
  const PathKind kind = KindOf(path);
  // A folder whose inside nobody may look at has no such entry either.
  if (kind == PathKind::kFolder && KindOf(path / ".") == PathKind::kFolder) return ReadFolder(path, scanning);
  if (kind == PathKind::kFile) return ReadFile(path, scanning);
  const std::string what(Describe(kind == PathKind::kFolder ? PathKind::kUnreadable : kind));
  CannotLook(path,
             Complain(NotFound(Quoted(path.string()) + ": expected " + kExpected + ", found " + what), path, kExpected,
                      what, kind == PathKind::kMissing ? HowToFind(path) : kFix),
             scanning);
}

void ReadPath(const fs::path& path, Scanning& scanning) {
  scanning.roots.push_back({.path = path, .identity = IdentityOf(path)});
  const size_t had = scanning.found.size();
  ReadWhatLiesAt(path, scanning);
  for (size_t i = had; i < scanning.found.size(); ++i) {
    scanning.found[i].root = path;
    scanning.roots.back().has_models |= !scanning.found[i].name.empty();
  }
}

// As a path; what cannot be looked at keeps what it had.
void ReadNamed(const NamedModel& named, Scanning& scanning) {
  scanning.roots.push_back({.path = named.folder, .identity = IdentityOf(named.folder)});
  const PathKind kind = KindOf(named.folder);
  if (kind != PathKind::kFolder) {
    const std::string what(Describe(kind));
    CannotLook(named.folder,
               Complain(NotFound("base path " + Quoted(named.folder.string()) + " of model " + Quoted(named.name) +
                                 ": expected a folder of versions, found " + what),
                        named.folder, "a folder of versions", what, "put the model there, as 1/model.onnx"),
               scanning);
  } else {
    ReadOptions options = scanning.options;
    options.any_name = true;
    options.named = &named;
    scanning.found.push_back(ReadModelFolder(named.folder, named.name, options));
    scanning.roots.back().has_models = true;
  }
  scanning.found.back().root = named.folder;
}

RepositoryScan Finish(Scanning scanning) {
  if (scanning.only != nullptr) {
    std::erase_if(scanning.found, [&](const Candidate& candidate) { return candidate.name != *scanning.only; });
    scanning.notes.clear();
  }
  RepositoryScan scan = MergeCandidates(std::move(scanning.found));
  scan.notes = std::move(scanning.notes);
  scan.roots = std::move(scanning.roots);
  return scan;
}

// A config that came with a request, and is not valid, is that request's mistake and not the model's.
Status CheckOverride(const RepositoryScan& scan) {
  for (const ModelProblem& problem : scan.problems) {
    if (problem.status.code() == StatusCode::kInvalidArgument) return problem.status;
  }
  return {};
}

Result<RepositoryScan> ScanOverride(const std::string& name, const ReadOptions& options, const LoadOverride& instead,
                                    const fs::path& scratch) {
  if (instead.config_json.empty()) return InvalidArgument("files instead of the repository's need a config as well");
  RETURN_IF_ERROR(CheckModelName(name));
  if (scratch.empty()) return Internal("there is no folder for the files of a load request");
  const fs::path folder = scratch / name;
  RETURN_IF_ERROR(WriteOverrideFiles(instead.files, folder));
  Scanning scanning{.options = options, .only = &name};
  // What came in one message is whole.
  scanning.options.scan.require_manifest = false;
  scanning.found.push_back(ReadModelFolder(folder, name, scanning.options));
  scanning.found.back().root = scratch;
  return Finish(std::move(scanning));
}

}  // namespace

Result<RepositoryScan> ScanRepository(std::span<const fs::path> paths, const ScanOptions& options) {
  if (paths.empty() && options.named.empty()) {
    return InvalidArgument(std::string("no path to serve: expected ") + kExpected);
  }
  Scanning scanning{.options = {.scan = options}};
  for (const fs::path& path : paths) ReadPath(path, scanning);
  for (const NamedModel& named : options.named) ReadNamed(named, scanning);
  return Finish(std::move(scanning));
}

Result<RepositoryScan> ScanModel(std::span<const fs::path> paths, const std::string& name, const ScanOptions& options,
                                 const LoadOverride& instead, const fs::path& scratch) {
  if (name.empty()) return NotFound("unknown model ''");
  const ReadOptions read{.scan = options, .config_json = instead.config_json};
  RepositoryScan scan;
  if (instead.files.empty()) {
    Scanning scanning{.options = read, .only = &name};
    for (const fs::path& path : paths) ReadPath(path, scanning);
    scan = Finish(std::move(scanning));
  } else {
    ASSIGN_OR_RETURN(scan, ScanOverride(name, read, instead, scratch));
  }
  if (!instead.config_json.empty()) RETURN_IF_ERROR(CheckOverride(scan));
  if (scan.models.empty() && scan.problems.empty()) return NotFound("unknown model " + Excerpt(name));
  return scan;
}

}  // namespace trireme
