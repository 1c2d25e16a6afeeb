// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tensor/data_type.h"

namespace trireme::onnxfile {

// TensorProto.DataType of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); the types that are
// missing here (complex numbers, floats of 8 bits and less, integers of 4) have no counterpart in the protocols. ONNX
// Runtime numbers its element types in the same way.
enum class ElementType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

// Nothing for types that no protocol can carry.
std::optional<DataType> ToDataType(ElementType type);
ElementType FromDataType(DataType type);

}  // namespace trireme::onnxfile
