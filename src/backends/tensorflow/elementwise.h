// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that take each element by itself, and so do not care where channels stand.
namespace trireme::tensorflow {

Status ConvertUnary(Op& op, std::string_view onnx);         // the same in ONNX
Status ConvertUnaryLogical(Op& op, std::string_view onnx);  // gives BOOL
Status ConvertPass(Op& op, std::string_view onnx);          // Identity and others that change nothing in a run
Status ConvertCast(Op& op, std::string_view onnx);
Status ConvertRsqrt(Op& op, std::string_view onnx);
Status ConvertSquare(Op& op, std::string_view onnx);
Status ConvertRelu6(Op& op, std::string_view onnx);
Status ConvertLeakyRelu(Op& op, std::string_view onnx);
Status ConvertLog1p(Op& op, std::string_view onnx);
Status ConvertExpm1(Op& op, std::string_view onnx);
Status ConvertIsFinite(Op& op, std::string_view onnx);
Status ConvertClipByValue(Op& op, std::string_view onnx);

Status ConvertBinary(Op& op, std::string_view onnx);   // the same in ONNX
Status ConvertCompare(Op& op, std::string_view onnx);  // gives BOOL
Status ConvertNotEqual(Op& op, std::string_view onnx);
Status ConvertFloorDiv(Op& op, std::string_view onnx);
Status ConvertFloorMod(Op& op, std::string_view onnx);
Status ConvertTruncateMod(Op& op, std::string_view onnx);
Status ConvertDivNoNan(Op& op, std::string_view onnx);
Status ConvertAtan2(Op& op, std::string_view onnx);
Status ConvertSquaredDifference(Op& op, std::string_view onnx);
Status ConvertAddN(Op& op, std::string_view onnx);
Status ConvertBiasAdd(Op& op, std::string_view onnx);
Status ConvertPrelu(Op& op, std::string_view onnx);
Status ConvertSelect(Op& op, std::string_view onnx);
Status ConvertSelectV1(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
