// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "repository/scan.h"

namespace trireme {

struct Settling {
  RepositoryScan scan;    // what is acted upon
  bool confirmed = true;  // another look would say nothing that is not told of anyway
};

// Which of what a look at the repositories has found is acted upon: model by model, what two looks in a row have seen
// the same and no one of `being_written`, the files that somebody is writing now, belongs to. A model that is just
// being copied is left as it was applied last, while its neighbours go on. A pure function.
Settling SettledScan(const RepositoryScan& applied, const RepositoryScan& previous, const RepositoryScan& current,
                     std::span<const std::filesystem::path> being_written = {});

// Whether two scans say the same: fingerprints, paths and problems. Notes do not count.
bool SaysTheSame(const RepositoryScan& a, const RepositoryScan& b);

}  // namespace trireme
