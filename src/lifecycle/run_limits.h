// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace trireme {

// What the load of a model decided of its runs, beside what its line decides from run times: for people.
struct RunLimits {
  int threads = 1;          // of a run that does not have all processors
  double weight = 1;        // of its share of them
  int64_t max_rows = 1;     // of a run
  std::string why_no_more;  // rows

  bool operator==(const RunLimits&) const = default;
};

}  // namespace trireme
