// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that go over an image with a window, and what usually stands behind them.
namespace trireme::tensorflow {

Status ConvertConv(Op& op, std::string_view onnx);  // of two sides or three
Status ConvertDepthwiseConv(Op& op, std::string_view onnx);
Status ConvertFusedConv(Op& op, std::string_view onnx);
Status ConvertFusedDepthwiseConv(Op& op, std::string_view onnx);
Status ConvertConvBackpropInput(Op& op, std::string_view onnx);
Status ConvertPool(Op& op, std::string_view onnx);
Status ConvertFusedBatchNorm(Op& op, std::string_view onnx);
Status ConvertLrn(Op& op, std::string_view onnx);
Status ConvertFusedMatMul(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
