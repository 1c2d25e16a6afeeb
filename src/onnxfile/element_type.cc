// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/element_type.h"

#include "base/check.h"

namespace trireme::onnxfile {
namespace {

struct Pair {
  ElementType onnx;
  DataType ours;
};

constexpr Pair kPairs[] = {
    {ElementType::kFloat, DataType::kFp32},    {ElementType::kUint8, DataType::kUint8},
    {ElementType::kInt8, DataType::kInt8},     {ElementType::kUint16, DataType::kUint16},
    {ElementType::kInt16, DataType::kInt16},   {ElementType::kInt32, DataType::kInt32},
    {ElementType::kInt64, DataType::kInt64},   {ElementType::kString, DataType::kBytes},
    {ElementType::kBool, DataType::kBool},     {ElementType::kFloat16, DataType::kFp16},
    {ElementType::kDouble, DataType::kFp64},   {ElementType::kUint32, DataType::kUint32},
    {ElementType::kUint64, DataType::kUint64}, {ElementType::kBfloat16, DataType::kBf16},
};

}  // namespace

std::optional<DataType> ToDataType(ElementType type) {
  for (const Pair& pair : kPairs) {
    if (pair.onnx == type) return pair.ours;
  }
  return std::nullopt;
}

ElementType FromDataType(DataType type) {
  for (const Pair& pair : kPairs) {
    if (pair.ours == type) return pair.onnx;
  }
  CHECK(false && "every data type has an ONNX element type");
}

}  // namespace trireme::onnxfile
