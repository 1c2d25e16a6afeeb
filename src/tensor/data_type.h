// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme {

// The element types of KServe V2 ("Tensor Data Types" of the Open Inference Protocol).
enum class DataType : uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,  // the upper half of an FP32
  kFp32,
  kFp64,
  kBytes,  // each element its own length: a string or any bytes
};

// "FP32", as V2 spells it.
std::string_view Name(DataType type);
std::optional<DataType> ParseDataType(std::string_view name);

// Bytes of an element; 0 for kBytes, whose elements differ.
size_t ElementBytes(DataType type);

}  // namespace trireme
