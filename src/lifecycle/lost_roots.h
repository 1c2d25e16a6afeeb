// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "repository/scan.h"

namespace trireme {

// What a look at the repositories says, with what was applied last in the place of what it could not see: of a root
// that could not be looked at (no file descriptor is left, a right is missing, a server of files is away), that has
// gone, or in whose place another folder without models lies, as after an unmount. Its problem says that its models go
// on. The same folder as before, emptied, is somebody's wish, and so is whatever is done inside of one that can be
// looked at.
//
// `good`: the roots as the call before left them; the identities in the result are those of the last look that saw
// something. A pure function.
RepositoryScan WithLostRoots(const RepositoryScan& applied, std::span<const RootLook> good, RepositoryScan current);

}  // namespace trireme
