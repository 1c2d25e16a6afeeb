// SPDX-License-Identifier: Apache-2.0
#include "model/parameters.h"

namespace trireme {

const ParameterValue* FindParameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace trireme
