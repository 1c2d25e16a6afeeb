// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::sagemaker {

// What a JSON body is: decided by its first bytes alone, so that a loop has time for it.
enum class JsonForm {
  kV2,         // an object: a request of KServe V2, or whatever its reader says is wrong with it
  kInstances,  // an object with "instances"
  kArray,      // an array
};
JsonForm FormOfJson(std::string_view text);

// The nested array that is the body, or its "instances", as one tensor of the input's type. Its shape is that of the
// arrays (fit_shape.h). kInvalidArgument: arrays of different lengths, elements of another type, no such array.
Result<Tensor> ReadNestedJson(std::string_view text, const TensorSpec& input, MemoryPool& pool);

// Appends the elements in arrays that lie in one another as the shape says; a scalar without any.
// kInvalidArgument: a BYTES element is not UTF-8.
Status AppendNestedJson(std::string& out, const Tensor& tensor);

}  // namespace trireme::sagemaker
