// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/candidate.h"
#include "repository/config_file.h"

namespace trireme {

// A TorchServe archive, or a folder that is one which was not packed (repository/mar_files.h), as version 1 of a model:
// its TorchScript or ONNX file, run as its model-config.yaml says, with the default handler of its manifest as a
// transform around it (transform/model_transform.h). One whose handler is Python is kUnsupported, and says what it
// needs. Reads the manifest and the settings; unpacks nothing.
Candidate ReadMar(const std::filesystem::path& path, const std::string& name, const ReadOptions& options);

}  // namespace trireme
