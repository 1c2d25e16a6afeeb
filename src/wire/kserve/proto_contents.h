// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

// An InferTensorContents: the elements of a tensor as numbers and strings, in the field that belongs to its type. It is
// given in the pieces in which a message has it, nearly always one.
using ProtoContents = std::span<const std::string_view>;

// Whether there is no element in it: then it says nothing, and the tensor's elements are elsewhere.
bool IsEmptyContents(ProtoContents contents);

// The elements, converted: as many as the shape has, which must be less than 2^63. All must fit the type: none is cut
// or wraps. Memory is taken from the pool once the elements have been counted. kInvalidArgument names the place, the
// element, what was expected and what came.
Result<Tensor> ReadProtoContents(ProtoContents contents, DataType type, const Shape& shape, const Place& place,
                                 MemoryPool& pool);

}  // namespace trireme::kserve
