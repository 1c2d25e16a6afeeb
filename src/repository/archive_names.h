// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "repository/archive.h"

namespace trireme {

// The names that an archive has used so far, with those of the folders that these lie in.
class ArchiveNames {
 public:
  explicit ArchiveNames(const ArchiveLimits& limits) : most_(limits.entries), most_bytes_(limits.name_bytes) {}

  // The name of an entry as a path below its folder, without "./" in front and "/" behind; empty: the folder itself.
  // kInvalidArgument: it could leave the folder, is taken already, or lies in what is a file; kTooLarge: too long, or
  // one too many.
  Result<std::string> Take(std::string_view name, bool is_folder);

 private:
  enum class Use { kFile, kFolder, kImpliedFolder };

  using Uses = std::map<std::string, Use, std::less<>>;

  Status TakeParents(const std::string& name);
  // What is used by this name now; as `use`, if nothing was.
  Result<Uses::iterator> Note(std::string name, Use use, bool& is_new);

  const size_t most_;
  const size_t most_bytes_;
  Uses uses_;
};

}  // namespace trireme
