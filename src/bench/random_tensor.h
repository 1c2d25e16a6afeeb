// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <random>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::bench {

// Elements that any model can take: floats from 0 to 1, integers from 0 to 9, booleans, strings of eight lower-case
// letters. kTooLarge if it would take more than `max_bytes`, kInvalidArgument if the shape is no tensor's.
Result<Tensor> RandomTensor(DataType type, const Shape& shape, size_t max_bytes, std::mt19937_64& random,
                            MemoryPool& pool);

}  // namespace trireme::bench
