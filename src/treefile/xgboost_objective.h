// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

// What a file says of its answer.
struct XgboostAnswer {
  std::string objective;           // "binary:logistic"
  std::vector<float> base_scores;  // in the answer's terms: one an output, or one for all
  std::vector<int32_t> version;    // {2, 1, 0}; empty: of a time when files had none
};

// Sets how the forest's sums are made to an answer, and its base.
//
// kUnsupported: an objective that is not known. kInvalidArgument: a base score that its objective cannot give, or more
// or fewer than expected.
Status ApplyXgboostAnswer(const XgboostAnswer& answer, Forest& forest);

}  // namespace trireme::treefile
