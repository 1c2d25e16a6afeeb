// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

#include "base/status.h"

namespace trireme {

// Where a user's servers have their admin sockets, FOLDER/<pid>.sock each, so that `trireme models` finds them without
// being told. A folder is its user's alone, and so is each socket.
class AdminFolders {
 public:
  // A user, and the folder that his session has for such things ($XDG_RUNTIME_DIR), or nothing.
  AdminFolders(uid_t user, std::filesystem::path runtime_folder, std::filesystem::path temporary_folder = "/tmp");
  static AdminFolders OfThisProcess();

  // The folder for the next server's socket: made if need be, and without what dead servers have left. kUnavailable:
  // it cannot be made, is somebody else's, open to others, or no folder but, say, a link to one.
  Result<std::filesystem::path> Prepare() const;

  // The sockets at which somebody listens, in any of the folders.
  std::vector<std::filesystem::path> FindSockets() const;

  // Where they are looked for, the first that can be being that of Prepare().
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  const uid_t user_;
  std::filesystem::path runtime_folder_;
  std::vector<std::filesystem::path> folders_;
};

}  // namespace trireme
