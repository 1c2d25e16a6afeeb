// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme {

// Tensors of one type and equal inner shape, one behind the other along the outermost dimension: how requests become a
// batch. A single part is returned as it is, without a copy. Host memory only. The parts must match, else it is a bug.
Tensor JoinRows(std::span<const Tensor* const> parts, MemoryPool& pool);

// The other way: views of a batch, `rows[i]` rows each, without a copy. An error if the batch does not have exactly the
// sum of the rows outermost: a model that says it batches and does not; or not the bytes that its shape asks for.
Result<std::vector<Tensor>> SplitRows(const Tensor& batch, std::span<const int64_t> rows);

}  // namespace trireme
