// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme::sagemaker {

// What a file of NumPy says of its array.
struct NpyHead {
  DataType type = DataType::kFp32;
  Shape shape;
  size_t bytes = 0;  // of the head: the elements begin there
};

// kInvalidArgument: it is no such file, or of an array that cannot be read here; the message says which.
Result<NpyHead> ReadNpyHead(std::span<const std::byte> bytes);

// "<f4"; nothing for BYTES and BF16, which NumPy does not have.
std::optional<std::string_view> NumpyType(DataType type);

}  // namespace trireme::sagemaker
