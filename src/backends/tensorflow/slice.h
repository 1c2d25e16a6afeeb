// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that pick parts out of a tensor.
namespace trireme::tensorflow {

Status ConvertSlice(Op& op, std::string_view onnx);
Status ConvertStridedSlice(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
