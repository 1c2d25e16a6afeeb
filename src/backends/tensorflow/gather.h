// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that go by indexes.
namespace trireme::tensorflow {

Status ConvertGather(Op& op, std::string_view onnx);
Status ConvertGatherV2(Op& op, std::string_view onnx);
Status ConvertGatherNd(Op& op, std::string_view onnx);
Status ConvertScatterNd(Op& op, std::string_view onnx);
Status ConvertTensorScatterUpdate(Op& op, std::string_view onnx);
Status ConvertWhere(Op& op, std::string_view onnx);
Status ConvertNonMaxSuppression(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
