// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// The names that an archive has used so far.
class ArchiveNames {
 public:
  explicit ArchiveNames(size_t most_bytes) : most_bytes_(most_bytes) {}

  // The name of an entry as a path below its folder, without "./" in front and "/" behind; empty: the folder itself.
  // kInvalidArgument: it could leave the folder, is taken already, or lies in what is a file; kTooLarge: too long.
  Result<std::string> Take(std::string_view name, bool is_folder);

 private:
  enum class Use { kFile, kFolder, kImpliedFolder };

  Status Check(std::string_view name) const;
  Status TakeParents(const std::string& name);

  const size_t most_bytes_;
  std::map<std::string, Use, std::less<>> uses_;
};

}  // namespace trireme
