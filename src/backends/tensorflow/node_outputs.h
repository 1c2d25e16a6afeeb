// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/tensorflow/graph_def.h"

namespace trireme::tensorflow {

// Which of a node's outputs is the first of those that its operator calls `name`: functions refer to tensors as
// "node:name:0". Of an operator with one name for all it is 0; unknown names are 0 as well.
int32_t FirstOutputOf(const NodeDef& node, std::string_view name);

}  // namespace trireme::tensorflow
