// SPDX-License-Identifier: Apache-2.0
#include "repository/version_folder.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "repository/folder.h"
#include "repository/mlflow_folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsualModel = "model.onnx";
constexpr const char* kLightgbmModel = "model.txt";

// The only .onnx file, if there is no model.onnx: an easy thing to mean. Where there is none at all, the only
// TorchScript file, or else the only one of trees.
const fs::path* OnlyModelFile(const std::vector<fs::path>& inside) {
  for (const auto is_of_kind : {HasOnnxExtension, HasTorchExtension, IsTreeFile}) {
    const auto first = std::find_if(inside.begin(), inside.end(), is_of_kind);
    if (first == inside.end()) continue;
    return std::any_of(first + 1, inside.end(), is_of_kind) ? nullptr : &*first;
  }
  return nullptr;
}

// What a model is called where nobody has said it: whichever is there.
std::string UsualName(const fs::path& folder) {
  for (const char* name : {"model.onnx", "model.pt", "model.savedmodel", kSavedModelFile, "xgboost.json", "xgboost.ubj",
                           "xgboost.model"}) {
    if (KindOf(folder / name) != PathKind::kMissing) return name;
  }
  if (IsTreeFile(folder / kLightgbmModel)) return kLightgbmModel;
  return kUsualModel;
}

bool Contains(const std::vector<fs::path>& inside, std::string_view name) {
  return std::ranges::any_of(inside, [&](const fs::path& path) { return path.filename() == name; });
}

// What lies beside the graph of a SavedModel, which is not there.
Complaint NoGraph(const fs::path& folder, const std::vector<fs::path>& inside) {
  const bool has_text = Contains(inside, kSavedModelTextFile);
  return Complain(
      NotFound("version folder " + Quoted(folder.string()) + " has no " + kSavedModelFile +
               (has_text ? ": the text form of a SavedModel, " + std::string(kSavedModelTextFile) + ", is not read"
                         : ", the graph of its SavedModel") +
               "; found " + NamesOf(inside)),
      folder, std::string(kSavedModelFile) + " in the version's folder", NamesOf(inside),
      has_text ? "save the model again, in the binary form" : "copy the whole SavedModel there");
}

Complaint NoModel(const fs::path& folder, const std::string& expected, const std::vector<fs::path>& inside) {
  for (const fs::path& path : inside) {
    if (const auto kind = UnservedKind(path)) return NotServedYet(path, *kind);
  }
  const bool is_saved_model = Contains(inside, kSavedModelTextFile) || Contains(inside, "variables");
  if (is_saved_model && (expected == kUsualModel || expected == kSavedModelFile)) return NoGraph(folder, inside);
  return Complain(NotFound("version folder " + Quoted(folder.string()) + " has no model: expected " + expected +
                           ", found " + NamesOf(inside)),
                  folder, expected + " in the version's folder", NamesOf(inside),
                  "put the model there, or remove the folder");
}

Complaint NotOf(const fs::path& path, const std::string& expected, PathKind kind) {
  const std::string found(kind == PathKind::kMissing ? "no such file" : Describe(kind));
  return Complain(NotFound(Quoted(path.string()) + ": expected " + expected + ", found " + found), path, expected,
                  found, "put it right, or remove it");
}

// The name under which a file of this kind would have been the model.
std::string UsualNameOf(const fs::path& file) {
  if (HasOnnxExtension(file)) return kUsualModel;
  return HasTorchExtension(file) ? "model.pt" : "one called xgboost.json, xgboost.ubj or model.txt";
}

// `file` is there, or at least something is.
FoundModel CheckFile(fs::path file, std::string note) {
  if (const auto kind = UnservedKind(file)) return {.complaint = NotServedYet(file, *kind)};
  if (const PathKind kind = KindOf(file); kind != PathKind::kFile) {
    return {.complaint = NotOf(file, "a model file", kind)};
  }
  return {.path = std::move(file), .note = std::move(note)};
}

FoundModel FindMlflow(const fs::path& folder) {
  Result<MlflowModel> model = ReadMlflowModel(folder);
  if (!model.ok()) {
    const fs::path file = folder / kMlflowFile;
    std::string found = model.status().message();
    const std::string place = Quoted(file.string()) + ": ";
    if (found.starts_with(place)) found.erase(0, place.size());
    return {.complaint = Complain(model.status(), file, "an MLflow model with a flavour that is served",
                                  std::move(found), "log it in a flavour that is served")};
  }
  fs::path file = std::move(model->path);
  if (KindOf(file) == PathKind::kFolder) file /= kSavedModelFile;
  return CheckFile(std::move(file), "the MLflow model is served by its flavour " + model->flavour);
}

}  // namespace

std::optional<int64_t> ParsePaddedVersion(std::string_view text) {
  const size_t zeros = std::min(text.find_first_not_of('0'), text.size());
  return ParseVersion(text.substr(zeros));
}

std::optional<int64_t> ParseVersion(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

FoundModel FindModel(const fs::path& folder, const std::string& filename) {
  if (const PathKind kind = KindOf(folder); kind != PathKind::kFolder) {
    return {.complaint = NotOf(folder, "a version folder", kind)};
  }
  const auto inside = ListFolder(folder);
  if (!inside.ok()) {
    return {.complaint = Complain(inside.status(), folder, "a version folder", "one that cannot be read",
                                  "let the server read it")};
  }
  if (filename.empty() && HoldsMlflowModel(folder)) return FindMlflow(folder);
  const std::string name = filename.empty() ? UsualName(folder) : filename;
  fs::path file = folder / name;
  if (KindOf(file) == PathKind::kFolder && !UnservedKind(file)) {
    const fs::path home = file;
    file /= file.extension() == ".savedmodel" || HoldsSavedModel(file) ? kSavedModelFile : kUsualModel;
    const auto beside = ListFolder(home);
    if (beside.ok() && KindOf(file) == PathKind::kMissing) {
      return {.complaint = NoModel(home, file.filename().string(), *beside)};
    }
  }
  if (KindOf(file) != PathKind::kMissing) return CheckFile(std::move(file), "");
  const fs::path* only = filename.empty() ? OnlyModelFile(*inside) : nullptr;
  if (only == nullptr) return {.complaint = NoModel(folder, name, *inside)};
  return CheckFile(*only, Quoted(only->string()) + " is served: there is no " + UsualNameOf(*only) + " beside it");
}

FoundModel FindModelWithoutFile(const fs::path& folder) {
  if (const PathKind kind = KindOf(folder); kind != PathKind::kFolder) {
    return {.complaint = NotOf(folder, "a version folder", kind)};
  }
  return {.path = folder};
}

}  // namespace trireme
