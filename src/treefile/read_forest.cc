// SPDX-License-Identifier: Apache-2.0
#include "treefile/read_forest.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/excerpt.h"
#include "base/regular_file.h"
#include "codec/json_cursor.h"
#include "onnxfile/onnx_reader.h"
#include "treefile/lightgbm_model.h"
#include "treefile/onnx_model.h"
#include "treefile/xgboost_model.h"

namespace trireme::treefile {
namespace {

// Files of this size do not come from training; a Forest of one would not fit most machines either.
constexpr uint64_t kMostFileBytes = uint64_t{16} << 30;

bool IsXgboostUbjson(std::string_view beginning) {
  using std::string_view_literals::operator""sv;
  return beginning.starts_with("{L\0\0\0\0\0\0\0\7learner{"sv) || beginning.starts_with("{L\0\0\0\0\0\0\0\7version["sv);
}

// The first key of the document tells, and what the one we need most begins with.
bool IsXgboostJson(std::string_view beginning) {
  JsonCursor json(beginning);
  if (json.Peek() != JsonCursor::Kind::kObject || !json.EnterObject()) return false;
  while (const auto key = json.NextKey()) {
    if (*key != "learner") {
      if (*key != "version" || !json.Skip()) return false;
      continue;
    }
    constexpr std::array<std::string_view, 6> kKeys = {"attributes",          "feature_names", "feature_types",
                                                       "learner_model_param", "objective",     "gradient_booster"};
    if (!json.EnterObject()) return false;
    const auto inner = json.NextKey();
    return inner && std::find(kKeys.begin(), kKeys.end(), *inner) != kKeys.end();
  }
  return false;
}

// Parameters of 136 bytes, then the objective and the booster, each behind its length in eight bytes.
bool IsXgboostBinary(std::string_view beginning) {
  if (beginning.starts_with("binf")) return true;
  constexpr size_t kParameterBytes = 136;
  const auto take_text = [&](size_t& at) -> std::string_view {
    if (beginning.size() < at + 8 || beginning[at] > 40 ||
        beginning.substr(at + 1, 7).find_first_not_of('\0') != std::string_view::npos)
      return {};
    const std::string_view text = beginning.substr(at + 8, static_cast<uint8_t>(beginning[at]));
    at += 8 + text.size();
    return text;
  };
  size_t at = kParameterBytes;
  if (take_text(at).find(':') == std::string_view::npos) return false;
  const std::string_view booster = take_text(at);
  return booster == "gbtree" || booster == "dart" || booster == "gblinear";
}

bool IsLightgbmText(std::string_view beginning) {
  return beginning.starts_with("tree\nversion=") || beginning.starts_with("tree\r\nversion=");
}

bool IsOnnxWithTrees(std::string_view beginning, uint64_t file_bytes) {
  return onnxfile::LooksLikeModel(beginning, file_bytes) && beginning.find("TreeEnsemble") != std::string_view::npos;
}

}  // namespace

std::string_view Name(FileKind kind) {
  switch (kind) {
    case FileKind::kXgboostJson:
      return "XGBoost model (JSON)";
    case FileKind::kXgboostUbjson:
      return "XGBoost model (UBJSON)";
    case FileKind::kXgboostBinary:
      return "XGBoost model (old binary format)";
    case FileKind::kLightgbmText:
      return "LightGBM model";
    default:
      return "ONNX model of trees";
  }
}

std::optional<FileKind> ProbeTreeFile(std::string_view beginning, uint64_t file_bytes) {
  if (IsXgboostJson(beginning)) return FileKind::kXgboostJson;
  if (IsXgboostUbjson(beginning)) return FileKind::kXgboostUbjson;
  if (IsLightgbmText(beginning)) return FileKind::kLightgbmText;
  if (IsOnnxWithTrees(beginning, file_bytes)) return FileKind::kOnnx;
  if (IsXgboostBinary(beginning)) return FileKind::kXgboostBinary;
  return std::nullopt;
}

Result<Forest> ReadForest(std::string_view bytes, const ReadOptions& options) {
  const std::optional<FileKind> kind = ProbeTreeFile(bytes.substr(0, kProbeBytes), bytes.size());
  if (!kind) {
    return InvalidArgument(
        "expected a model of XGBoost (JSON or UBJSON), LightGBM (text) or ONNX trees, found a file " +
        ("that begins with " + Excerpt(bytes.substr(0, 24))));
  }
  switch (*kind) {
    case FileKind::kXgboostJson:
      return ReadXgboostJson(bytes, options);
    case FileKind::kXgboostUbjson:
      return ReadXgboostUbjson(bytes, options);
    case FileKind::kXgboostBinary:
      return Unsupported(
          "XGBoost's old binary format is not read: load it with the version of XGBoost that wrote it, and save it "
          "under a name that ends in .json: booster.save_model(\"model.json\")");
    case FileKind::kLightgbmText:
      return ReadLightgbmText(bytes);
    default:
      return ReadOnnxTrees(bytes);
  }
}

Result<Forest> ReadForestFile(const std::filesystem::path& file, const ReadOptions& options) {
  ASSIGN_OR_RETURN(const RegularFile opened, RegularFile::Open(file));
  ASSIGN_OR_RETURN(const std::string bytes, opened.ReadAll(kMostFileBytes));
  return ReadForest(bytes, options);
}

}  // namespace trireme::treefile
