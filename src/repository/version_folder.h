// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "repository/candidate.h"

namespace trireme {

// A positive decimal number without leading zeros.
std::optional<int64_t> ParseVersion(std::string_view text);

// The same where zeros may stand before it: "00000123" is 123.
std::optional<int64_t> ParsePaddedVersion(std::string_view text);

struct FoundModel {
  std::filesystem::path path;
  std::string note;                    // empty: nothing to say
  std::optional<Complaint> complaint;  // why there is none
};

// The model in a version's folder: the file `filename`; where that is empty model.onnx, model.pt, the saved_model.pb of
// a SavedModel, which may lie in a folder model.savedmodel, xgboost.json, xgboost.ubj, xgboost.model or model.txt (as
// Triton's FIL backend calls them), the only .onnx file, the only TorchScript file (.pt, .pth, .torchscript), or the
// only one of trees (IsTreeFile), whichever of these is there first. A model.onnx may be a folder that has such a file
// and its external data. Where an MLmodel lies, the model is what that names (repository/mlflow_folder.h).
FoundModel FindModel(const std::filesystem::path& folder, const std::string& filename);

// A model that has no file: the version's folder itself, whatever lies in it.
FoundModel FindModelWithoutFile(const std::filesystem::path& folder);

}  // namespace trireme
