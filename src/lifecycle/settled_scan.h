// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repository/scan.h"

namespace trireme {

// Which of what a look at the repositories has found is acted upon: model by model, what two looks in a row have seen
// the same. A model that is just being copied changes from look to look and is left as it was applied last, while its
// neighbours go on. A pure function.
RepositoryScan SettledScan(const RepositoryScan& applied, const RepositoryScan& previous,
                           const RepositoryScan& current);

// Whether two scans say the same: fingerprints, paths and problems. Notes do not count.
bool SaysTheSame(const RepositoryScan& a, const RepositoryScan& b);

}  // namespace trireme
