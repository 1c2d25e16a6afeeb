// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trireme::torch_backend {

// The number behind the last "__" of a name, as in Triton's INPUT__0.
std::optional<size_t> IndexIn(std::string_view name);

// "'a', 'b'", for people; "none" if there are none.
std::string Listed(std::span<const std::string> names);

}  // namespace trireme::torch_backend
