// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "repository/candidate.h"
#include "repository/scan.h"

namespace trireme {

// Decides which candidate is served under each name; the rules are ScanRepository's. Looks at the file system only to
// see whether two paths lead to one file.
RepositoryScan MergeCandidates(std::vector<Candidate> candidates);

// One candidate as it is: there is nothing to decide, and its name is somebody else's affair.
RepositoryScan ScanOfOne(Candidate candidate);

}  // namespace trireme
