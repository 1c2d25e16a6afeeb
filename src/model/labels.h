// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace trireme {

// What the elements of a model's outputs mean: by the output's name, the label of each index, in order. Shorter than
// the output where the file of labels is.
using ModelLabels = std::map<std::string, std::vector<std::string>>;

}  // namespace trireme
