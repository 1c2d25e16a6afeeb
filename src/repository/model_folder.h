// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/candidate.h"
#include "repository/config_file.h"

namespace trireme {

// Whether `folder` is one model of a Triton repository: it has a config.pbtxt or folders that are named by digits. A
// folder of digits that holds such folders itself is a model named by digits, so what is around it is a repository.
bool IsModelFolder(const std::filesystem::path& folder);

// The versions in such a folder that are to be served, or what is wrong with it.
Candidate ReadModelFolder(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options);

// A model file that lies in no such folder: version 1 of the model that is named after it.
Candidate ReadModelFile(const std::filesystem::path& file, const ReadOptions& options);

}  // namespace trireme
