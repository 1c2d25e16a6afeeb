// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators over whole dimensions.
namespace trireme::tensorflow {

Status ConvertReduce(Op& op, std::string_view onnx);
Status ConvertReduceLogical(Op& op, std::string_view onnx);
Status ConvertArg(Op& op, std::string_view onnx);
Status ConvertSoftmax(Op& op, std::string_view onnx);
Status ConvertTopK(Op& op, std::string_view onnx);
Status ConvertCumsum(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
