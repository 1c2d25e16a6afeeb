// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "wire/admin/listing.h"

namespace trireme {

// What has happened to model versions between two looks at them, a line each: versions that came and went, states,
// reasons, labels and pins. What counts all the time (use, times, memory) is no change. A pure function.
std::vector<std::string> ModelChanges(const std::vector<admin::ModelEntry>& before,
                                      const std::vector<admin::ModelEntry>& after);

}  // namespace trireme
