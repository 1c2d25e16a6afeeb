// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace trireme {

// A file of keys as it lies on the disk.
struct KeyFile {
  std::string text;
  std::string warning;  // who may read or change it that should not; empty: nobody
};

// kNotFound, or kInvalidArgument where it is too large, no file or cannot be read; with the file's name.
Result<KeyFile> ReadKeyFile(const std::filesystem::path& file);

// In the place of what lies there, in one step: whoever reads it meanwhile reads the old one or the new one. A new file
// is for its owner alone; one that is replaced keeps its owner, its group and what these may do, but not what others
// may.
Status WriteKeyFile(const std::filesystem::path& file, const std::string& text);

}  // namespace trireme
