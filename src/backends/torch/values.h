// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "backends/torch/libtorch.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::torch_backend {

// FP32 <-> at::kFloat and so on. Nothing: the other side has no such type.
std::optional<at::ScalarType> ToScalarType(DataType type);
std::optional<DataType> ToDataType(at::ScalarType type);

// The elements where they lie, kept alive by the result; a copy if `copy`, for a program that writes to what it is
// given. The type must have a counterpart.
at::Tensor ToTorch(const Tensor& tensor, bool copy);

// Of an output: where it lies if it can be read there, and it is not the memory of an input (which is the client's); in
// `destination` if that is large enough; else in memory of its own. kUnsupported: it is sparse, quantised, complex, or
// otherwise nothing that protocols carry; kInternal: the type is not the one that is `expected`, if one is.
Result<Tensor> FromTorch(const at::Tensor& tensor, std::optional<DataType> expected, const Buffer& destination,
                         bool is_inputs_memory);

// The same as to the type and shape alone.
Result<DataType> TypeOf(const at::Tensor& tensor);

}  // namespace trireme::torch_backend
