// SPDX-License-Identifier: Apache-2.0
#include "base/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace trireme {

namespace fs = std::filesystem;

Result<std::shared_ptr<const ScratchFolder>> ScratchFolder::Make() {
  std::error_code error;
  const fs::path above = fs::temp_directory_path(error);
  if (error) return Internal("no folder for temporary files: " + error.message());
  std::string name = (above / "trireme-load-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    return Internal("no folder can be made in " + above.string() + ": " +
                    std::error_code(errno, std::generic_category()).message());
  }
  return std::shared_ptr<const ScratchFolder>(new ScratchFolder(name));  // NOLINT: the constructor is private
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace trireme
