// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// Finds the one model at `path`, whatever the file or folder is called: the caller has chosen the name. `path` is one
// of
//
//   model.onnx                    a file
//   folder/model.onnx             or the only .onnx file in it, with or without a config.pbtxt beside it
//   folder/VERSION/model.onnx     one model of a Triton repository
//   folder/NAME/...               any of these, one folder further down; a folder `code` is nobody's model
//
// A version has the number of its folder, else it is 1. Of several versions config.pbtxt chooses, else the newest is
// served. What is found must lie at or below `path` once links are followed. The scan has the model's versions, or one
// problem that says why they cannot be served.
//
// kNotFound: there is nothing at `path`, or nothing like a model. kInvalidArgument: the name is empty, longer than 255
// bytes, no UTF-8, or has control characters; anything else may be in it. Reads folders and config files; opens no
// model. Thread-safe.
Result<RepositoryScan> ScanModelAt(const std::filesystem::path& path, const std::string& name,
                                   const ScanOptions& options);

}  // namespace trireme
