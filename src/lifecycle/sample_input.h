// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/memory_pool.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme {

// Made-up inputs for trial runs. Deterministic.
struct SampleOptions {
  int64_t rows = 1;      // for an outermost dimension that is left open
  int64_t free_dim = 1;  // for every other dimension that the signature leaves open
  uint64_t seed = 1;     // another seed, other values
};

// The shape in which an input of the signature is made up.
Shape SampleShape(const Signature& signature, const TensorSpec& input, const SampleOptions& options);

// Values that most models take: floating numbers between -1 and 1, integers 0 or 1 (valid as an index, a token, a
// mask), short text. Nothing if a tensor would take more than 256 MiB.
std::optional<std::vector<Tensor>> MakeSampleInputs(const Signature& signature, const SampleOptions& options,
                                                    MemoryPool& pool);

// One such tensor. The shape has no free dimension and an element count that fits in memory.
Tensor MakeSampleTensor(DataType type, const Shape& shape, uint64_t seed, MemoryPool& pool);

}  // namespace trireme
