// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "base/status.h"

namespace trireme {

// A folder of its own under the system's temporary one, for this user alone; removed with all that is in it by the
// destructor. Shared by whoever uses the files in it.
class ScratchFolder {
 public:
  static Result<std::shared_ptr<const ScratchFolder>> Make();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path path_;
};

}  // namespace trireme
