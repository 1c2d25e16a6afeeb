// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::sagemaker {

// One array as NumPy saves it (NEP 1, versions 1 to 3): little-endian, in C order, of numbers or truths. Numbers of
// another type than the input's are converted: whole numbers to any type that they fit, floating ones to another
// floating type. What has the right type already is a view of the bytes, which `keep_alive` owns.
//
// kInvalidArgument: no such file, more or fewer bytes than its shape needs, a type that does not fit.
Result<Tensor> ReadNpy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& keep_alive,
                       const TensorSpec& input, MemoryPool& pool);

// What stands before the elements in such a file; a multiple of 64 bytes. kUnsupported: NumPy has no such type.
Result<std::string> NpyHeader(const Tensor& tensor);

}  // namespace trireme::sagemaker
