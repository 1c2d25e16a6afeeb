// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace trireme {

using ParameterValue = std::variant<bool, int64_t, uint64_t, double, std::string>;

// Named values beside a request or a response, in the order given. Few: looked up by walking.
using Parameters = std::vector<std::pair<std::string, ParameterValue>>;

const ParameterValue* FindParameter(const Parameters& parameters, std::string_view name);

}  // namespace trireme
