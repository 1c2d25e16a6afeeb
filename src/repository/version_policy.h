// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "repository/read_config.h"

namespace trireme {

struct ChosenVersions {
  std::vector<int64_t> served;      // ascending
  std::vector<int64_t> not_served;  // that are there; ascending
  std::vector<int64_t> missing;     // that were asked for and are not there
};

// Which of the versions that are there are served. `there` ascends. A pure function.
ChosenVersions ChooseVersions(const VersionPolicy& policy, std::span<const int64_t> there);

}  // namespace trireme
