// SPDX-License-Identifier: Apache-2.0
#include "model/signature.h"

namespace trireme {

int FindSpec(const std::vector<TensorSpec>& specs, std::string_view name) {
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace trireme
