// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "repository/candidate.h"
#include "repository/config_file.h"

namespace trireme {

enum class FolderKind {
  kModel,    // one model of a Triton repository: it has a config.pbtxt or folders that are named by digits
  kOther,    // a folder of digits that holds such folders itself is a model named by digits, so this is around models
  kUnclear,  // what would tell cannot be read
};

struct FolderLook {
  FolderKind kind = FolderKind::kOther;
  Status status;  // kUnclear: what cannot be read
};

FolderLook LookAtFolder(const std::filesystem::path& folder);

// The versions in such a folder that are to be served, or what is wrong with it.
Candidate ReadModelFolder(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options);

// A folder that is itself the one version, 1, of a model: its file and perhaps a config.pbtxt lie side by side.
Candidate ReadFlatFolder(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options);

// A model file that lies in no such folder: version 1 of the model that is named after it.
Candidate ReadModelFile(const std::filesystem::path& file, const ReadOptions& options);

}  // namespace trireme
