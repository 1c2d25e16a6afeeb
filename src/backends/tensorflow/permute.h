// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "backends/tensorflow/types.h"

namespace trireme::tensorflow {

// The elements of a tensor, row by row, with its dimensions in another order. `elements` has as many of `width` bytes
// as `dims` say.
std::string Permute(std::string_view elements, uint64_t width, const Dims& dims, std::span<const int64_t> order);

}  // namespace trireme::tensorflow
