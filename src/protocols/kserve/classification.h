// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::kserve {

// Elements of one row that can be put in order.
inline constexpr int64_t kMaxClasses = 1'000'000;

// Whether outputs of this type can be classified: all numbers.
bool CanClassify(DataType type);

// The `most` greatest elements of each row as "value:index" or "value:index:label" ("Classification" extension):
// BYTES of shape [rows, K] if the outermost dimension counts rows, else [K], where K is `most` or what a row has.
// Greatest first; equal ones in the order of their indexes; what is no number comes last. Values as printf writes them
// with %f, integers plainly. `labels` may be null, and shorter than a row.
//
// kInvalidArgument: another type, or a row of more than kMaxClasses elements. kInternal: the tensor is not whole.
Result<Tensor> Classify(const Tensor& output, uint64_t most, bool rows, const std::vector<std::string>* labels,
                        MemoryPool& pool);

}  // namespace trireme::kserve
