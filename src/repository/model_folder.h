// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/candidate.h"

namespace trireme {

// Whether `folder` is one model of a Triton repository: it has a config.pbtxt or folders that are named by digits. A
// folder of digits that holds such folders itself is a model named by digits, so what is around it is a repository.
bool IsModelFolder(const std::filesystem::path& folder);

// The newest version in such a folder, or what is wrong with it.
Candidate ReadModelFolder(const std::filesystem::path& folder, const std::string& name);

}  // namespace trireme
