// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/data_type.h"

namespace trireme::tfserving {

// Our element types in TensorFlow's words (tensorflow/core/framework/types.proto).

// Its number in DataType: DT_FLOAT is 1.
int NumberOf(DataType type);
// Nothing: a number that is none, or a type that no model here has (quantized, complex, resources, ...).
std::optional<DataType> TypeOfNumber(uint64_t number);

// "DT_FLOAT", and "DT_QINT8" of those that no model here has; else "type 77".
std::string_view EnumName(DataType type);
std::string EnumNameOfNumber(uint64_t number);

// "float", as messages have it.
std::string_view PlainName(DataType type);

}  // namespace trireme::tfserving
