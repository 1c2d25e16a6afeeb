// SPDX-License-Identifier: Apache-2.0
#include "repository/mlflow_folder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/excerpt.h"
#include "repository/file_contents.h"
#include "repository/folder.h"
#include "repository/model_name.h"
#include "repository/relative_name.h"
#include "repository/yaml_value.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

using Kind = YamlValue::Kind;

constexpr size_t kMostBytes = size_t{1} << 20;  // a signature has a word or two for each of its columns
constexpr size_t kMostNameBytes = 1024;
constexpr size_t kMostNamed = 8;

// A flavour that is served, and the key that has its model.
struct ServedFlavour {
  std::string_view name;
  std::string_view key;
  // What lies in the folder that the key names, by MLflow's own convention; empty: the key names the model itself.
  std::string_view inside;
};

constexpr std::array<ServedFlavour, 6> kServed = {{
    {.name = "onnx", .key = "data", .inside = ""},
    {.name = "xgboost", .key = "data", .inside = ""},
    {.name = "lightgbm", .key = "data", .inside = ""},
    {.name = "tensorflow", .key = "data", .inside = "model"},
    {.name = "keras", .key = "data", .inside = "model"},
    {.name = "pytorch", .key = "model_data", .inside = "model.pth"},
}};

// What people can do about those that are not.
struct OtherFlavour {
  std::string_view name;
  std::string_view needs;
};

constexpr const char* kOnnxWouldDo = "it is kept as Python objects: log it as ONNX";
constexpr std::array<OtherFlavour, 8> kOthers = {{
    {.name = "sklearn", .needs = "it is a pickle: convert it with skl2onnx and log it as ONNX"},
    {.name = "catboost", .needs = "it is CatBoost's own format: save it with format='onnx' and log it as ONNX"},
    {.name = "spark", .needs = "it needs Spark: convert it with onnxmltools and log it as ONNX"},
    {.name = "h2o", .needs = "it needs H2O's Java: log it as ONNX"},
    {.name = "transformers", .needs = "it needs Python: export it with optimum and log it as ONNX"},
    {.name = "sentence_transformers", .needs = "it needs Python: export it with optimum and log it as ONNX"},
    {.name = "fastai", .needs = "it is a pickle: trace its model and log it as TorchScript"},
    {.name = "python_function", .needs = "it is Python code"},
}};

const YamlValue* Find(const YamlValue& map, std::string_view key) {
  const auto member = std::ranges::find(map.members, key, &YamlValue::Member::key);
  return member == map.members.end() ? nullptr : &member->value;
}

Status Expected(const std::string& key, const std::string& what, const std::string& found) {
  return InvalidArgument(key + ": expected " + what + ", found " + found);
}

// A path in the folder.
Result<fs::path> PlaceIn(const fs::path& folder, const std::string& key, const YamlValue* value) {
  if (value == nullptr) return Expected(key, "a path in the folder", "none");
  if (value->kind != Kind::kText) return Expected(key, "a path in the folder", value->Described());
  const Status status = CheckRelativeName(value->text, kMostNameBytes);
  if (!status.ok()) return Expected(key, "a path in the folder", Excerpt(value->text));
  return folder / value->text;
}

bool IsText(const YamlValue* value, std::string_view text) {
  return value != nullptr && value->kind == Kind::kText && value->text == text;
}

// Older versions of MLflow keep TensorFlow's models under another key.
Result<MlflowModel> ModelOf(const fs::path& folder, const ServedFlavour& flavour, const YamlValue& said) {
  const std::string place = "flavors." + std::string(flavour.name);
  if (said.kind != Kind::kMap) return Expected(place, "a map", said.Described());
  MlflowModel model{.flavour = std::string(flavour.name), .path = {}};
  const YamlValue* const saved_model = Find(said, "saved_model_dir");
  if (flavour.name == "tensorflow" && saved_model != nullptr) {
    ASSIGN_OR_RETURN(model.path, PlaceIn(folder, place + ".saved_model_dir", saved_model));
    return model;
  }
  const std::string key = place + "." + std::string(flavour.key);
  ASSIGN_OR_RETURN(model.path, PlaceIn(folder, key, Find(said, flavour.key)));
  if (!flavour.inside.empty()) model.path /= flavour.inside;
  const YamlValue* const format = Find(said, "save_format");
  if (format != nullptr && !IsText(format, "tf")) {
    return Unsupported(place + ": it is saved in the format " + format->Described() +
                       ", which needs Keras: save it as a SavedModel (model.export) and log that");
  }
  if (model.path.extension() == ".pkl" || model.path.extension() == ".pickle") {
    return Unsupported(place + ": " + Quoted(model.path.filename().string()) +
                       " is a pickle, which is never unpacked: log its booster (model.booster_) instead");
  }
  return model;
}

Status NothingServed(const YamlValue& flavours) {
  std::string text = "none of its flavours is served:";
  size_t named = 0;
  for (const YamlValue::Member& flavour : flavours.members) {
    // Every model has it, whatever else it is.
    if (flavour.key == "python_function" && flavours.members.size() > 1) continue;
    if (++named > kMostNamed) break;
    const auto known = std::ranges::find(kOthers, flavour.key, &OtherFlavour::name);
    text += (named > 1 ? "; " : " ") + Excerpt(flavour.key, 64) + ": " +
            std::string(known == kOthers.end() ? kOnnxWouldDo : known->needs);
  }
  return Unsupported(text);
}

Result<MlflowModel> ModelIn(const fs::path& folder, const YamlValue& root) {
  if (root.kind != Kind::kMap) return InvalidArgument("expected a map, found " + root.Described());
  const YamlValue* const flavours = Find(root, "flavors");
  if (flavours == nullptr) return Expected("flavors", "a map", "none");
  if (flavours->kind != Kind::kMap || flavours->members.empty()) {
    return Expected("flavors", "a map of flavours", flavours->Described());
  }
  for (const ServedFlavour& flavour : kServed) {
    if (const YamlValue* const said = Find(*flavours, flavour.name)) return ModelOf(folder, flavour, *said);
  }
  return NothingServed(*flavours);
}

}  // namespace

bool HoldsMlflowModel(const fs::path& folder) {
  return KindOf(folder / kMlflowFile) == PathKind::kFile;
}

Result<MlflowModel> ReadMlflowModel(const fs::path& folder) {
  const fs::path file = folder / kMlflowFile;
  ASSIGN_OR_RETURN(const std::string text, ReadNamedFile(file, kMostBytes));
  const Result<YamlValue> root = ParseYaml(text, {.bytes = kMostBytes});
  if (!root.ok()) return InvalidArgument(Quoted(file.string()) + ": " + root.status().message());
  Result<MlflowModel> model = ModelIn(folder, *root);
  if (!model.ok()) return Status(model.status().code(), Quoted(file.string()) + ": " + model.status().message());
  return model;
}

}  // namespace trireme
