// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "base/status.h"

namespace trireme {

// A folder of its own under the system's temporary one, for this user alone; removed with all that is in it by the
// destructor. What a process leaves that was killed is removed when one makes its next: a folder in use is locked.
// Shared by whoever uses the files in it.
class ScratchFolder {
 public:
  static Result<std::shared_ptr<const ScratchFolder>> Make();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  ScratchFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::filesystem::path path_;
  const int lock_;  // the folder, open and locked
};

}  // namespace trireme
