// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace trireme {

// The file that makes a folder an MLflow model (https://mlflow.org/docs/latest/model.html#storage-format).
inline constexpr const char* kMlflowFile = "MLmodel";
bool HoldsMlflowModel(const std::filesystem::path& folder);

// What such a folder is served by.
struct MlflowModel {
  std::string flavour;         // "xgboost": one of those that need no Python
  std::filesystem::path path;  // its model: a file, or the folder of a SavedModel
};

// Reads the MLmodel of a folder: the first of its flavours that is served, of onnx, xgboost, lightgbm, tensorflow,
// keras and pytorch. What the file says of places is kept to the folder. Looks at nothing but the MLmodel: the model's
// file may not be there. kUnsupported: none of its flavours is served; the text names each and what it would need.
// kInvalidArgument: what it says makes no sense; the text says where.
Result<MlflowModel> ReadMlflowModel(const std::filesystem::path& folder);

}  // namespace trireme
