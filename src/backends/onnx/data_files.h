// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// Where a model may have constants that do not lie in the model file itself.
struct DataFolders {
  std::filesystem::path beside;  // the model file's folder: locations count from here
  std::filesystem::path target;  // where the model file really lies, if it is a link; else the same
};

DataFolders DataFoldersOf(const std::filesystem::path& model_file);

// Whether all the data that a model has in other files is there: each file is named relative to the model's folder and
// lies in it, links followed, or in the folder that the model file is a link to; and it is as long as its constants
// need. kInvalidArgument names the constant, the file, what should be there and what is.
Status CheckDataFiles(const onnxfile::ModelSummary& summary, const DataFolders& folders);

}  // namespace trireme::onnx
