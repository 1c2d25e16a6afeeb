// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/candidate.h"
#include "repository/config_file.h"

namespace trireme {

// Whether a file is called like a TorchServe archive (.mar), or a folder is one that was not packed.
bool HasMarExtension(const std::filesystem::path& path);
bool IsMarFolder(const std::filesystem::path& folder);

// Such an archive as version 1 of a model: its TorchScript or ONNX file, run as its model-config.yaml says, with the
// default handler of its manifest as a transform around it (transform/model_transform.h). One whose handler is Python
// is kUnsupported, and says what it needs. Reads the manifest and the settings; unpacks nothing.
Candidate ReadMar(const std::filesystem::path& path, const std::string& name, const ReadOptions& options);

}  // namespace trireme
