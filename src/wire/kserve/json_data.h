// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/memory_pool.h"
#include "base/status.h"
#include "codec/json_cursor.h"
#include "tensor/tensor.h"

namespace trireme::kserve {

// The elements of a tensor as JSON: an array, flat or nested exactly as the shape. Memory is taken from the pool once
// the text that is left is long enough to hold the shape's elements. Errors name the element, what was expected and
// what came; the caller names the tensor.
Result<Tensor> ReadJsonData(JsonCursor& json, DataType type, const Shape& shape, MemoryPool& pool);

// Appends the elements as a flat array. kInvalidArgument: a BYTES element is not UTF-8; the caller says in which form
// it could be had. kInternal: the tensor is not whole.
Status AppendJsonData(std::string& out, const Tensor& tensor);

// The bytes that AppendJsonData is likely to need.
size_t EstimateJsonData(const Tensor& tensor);

// Whether the elements are a few, and mean the same to every reader of JSON: at most 4 KiB, no NaN, no infinities, and
// strings of UTF-8. False of a tensor that is not whole.
bool IsReadable(const Tensor& tensor);

// kInternal unless the data has exactly the bytes that type and shape ask for, in memory that can be read.
Status CheckWhole(const Tensor& tensor);

}  // namespace trireme::kserve
