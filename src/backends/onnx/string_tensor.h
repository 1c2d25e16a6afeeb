// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/onnx/runtime.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::onnx {

// BYTES tensors (tensor/tensor.h) against the runtime's tensors of std::string. Elements are any bytes, NUL included.

// kInvalidArgument if the data is not as many elements as the shape says.
Status ToStringValue(const Runtime& runtime, const Tensor& tensor, OrtValue*& value);

// Into `destination` if it is large enough, else into the pool.
Result<Buffer> ReadStrings(const Runtime& runtime, const OrtValue& value, const Buffer& destination);

}  // namespace trireme::onnx
