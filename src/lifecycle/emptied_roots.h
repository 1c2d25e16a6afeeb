// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>

#include "repository/scan.h"

namespace trireme {

// Which of the paths that are served had something at some time. One that never had is a mistake of whoever named it;
// one that is empty now has had its models taken away, and is as it should be. Not thread-safe.
class EmptiedRoots {
 public:
  // Takes note of where something lies, and passes over the problem of an ordinary folder that has nothing any more.
  // Those of roots that cannot be looked at, or whose models go on, stay. The scan: with what of lost roots goes on
  // (lost_roots.h).
  RepositoryScan PassOver(RepositoryScan scan);

 private:
  std::set<std::filesystem::path> filled_;
};

}  // namespace trireme
