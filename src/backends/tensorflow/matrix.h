// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Products of matrices.
namespace trireme::tensorflow {

struct MatrixProduct {
  std::string name;
  std::optional<Dims> dims;
};

// The product of the first two inputs, each turned round if that attribute says so.
Result<MatrixProduct> EmitMatMul(Op& op, std::string_view turn_a, std::string_view turn_b);

Status ConvertMatMul(Op& op, std::string_view onnx);
Status ConvertBatchMatMul(Op& op, std::string_view onnx);
Status ConvertEinsum(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
