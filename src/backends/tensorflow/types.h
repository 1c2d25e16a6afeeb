// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/element_type.h"

namespace trireme::tensorflow {

using onnxfile::ElementType;

// DataType of TensorFlow's types.proto
// (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto): those that are met
// here.
enum class TfType : int32_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kInt64 = 9,
  kBool = 10,
  kBfloat16 = 14,
  kUint16 = 17,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
};

// "DT_FLOAT", or "data type 18" for those without a name here.
std::string NameOf(TfType type);

// The same of what it is here.
std::string NameOf(ElementType type);

// Nothing for types that no protocol can carry. A reference (DT_FLOAT_REF) is what it refers to.
std::optional<ElementType> ToElementType(TfType type);

// Bytes of an element; 0 for strings.
uint64_t ElementBytes(ElementType type);

// Takes bytes, some at a time, in order; the first error ends it.
using TakeBytes = std::function<Status(std::string_view)>;

// A shape in TensorFlow's order of dimensions; kAnySize where any size goes.
using Dims = std::vector<int64_t>;
inline constexpr int64_t kAnySize = -1;
inline constexpr int64_t kMostDim = int64_t{1}
                                    << 40;  // more than any memory holds, and products of a few do not overflow

// "[2,?]"
std::string TextOf(const Dims& dims);

// Nothing if a dimension is open or negative, or if there are more elements than any memory holds.
std::optional<uint64_t> ElementCount(const Dims& dims);

}  // namespace trireme::tensorflow
