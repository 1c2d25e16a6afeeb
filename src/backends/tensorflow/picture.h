// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that change the sides of an image.
namespace trireme::tensorflow {

Status ConvertResize(Op& op, std::string_view mode);  // "linear" or "nearest"
Status ConvertDepthToSpace(Op& op, std::string_view onnx);
Status ConvertSpaceToDepth(Op& op, std::string_view onnx);
Status ConvertSpaceToBatch(Op& op, std::string_view onnx);
Status ConvertBatchToSpace(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
