// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backends/tensorflow/types.h"
#include "base/status.h"

namespace trireme::tensorflow {

// Hands on the elements of a tensor, row by row, with its dimensions in another order. `elements` has as many of
// `width` bytes as `dims` say. Takes no more memory than a few of the result's rows.
Status Permute(std::string_view elements, uint64_t width, const Dims& dims, std::span<const int64_t> order,
               const TakeBytes& take);

}  // namespace trireme::tensorflow
