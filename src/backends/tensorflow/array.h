// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "backends/tensorflow/op.h"
#include "base/status.h"

// Operators that put elements elsewhere, and make tensors of a given shape.
namespace trireme::tensorflow {

Status ConvertReshape(Op& op, std::string_view onnx);
Status ConvertExpandDims(Op& op, std::string_view onnx);
Status ConvertSqueeze(Op& op, std::string_view onnx);
Status ConvertTranspose(Op& op, std::string_view onnx);
Status ConvertConcat(Op& op, std::string_view onnx);
Status ConvertConcatV2(Op& op, std::string_view onnx);
Status ConvertPack(Op& op, std::string_view onnx);
Status ConvertUnpack(Op& op, std::string_view onnx);
Status ConvertSplit(Op& op, std::string_view onnx);
Status ConvertSplitV(Op& op, std::string_view onnx);
Status ConvertTile(Op& op, std::string_view onnx);
Status ConvertPad(Op& op, std::string_view onnx);
Status ConvertMirrorPad(Op& op, std::string_view onnx);
Status ConvertReverse(Op& op, std::string_view onnx);

Status ConvertFill(Op& op, std::string_view onnx);
Status ConvertFilledLike(Op& op, std::string_view element);  // "0" or "1"
Status ConvertBroadcastTo(Op& op, std::string_view onnx);
Status ConvertRange(Op& op, std::string_view onnx);
Status ConvertOneHot(Op& op, std::string_view onnx);
Status ConvertMatrixBandPart(Op& op, std::string_view onnx);

Status ConvertShape(Op& op, std::string_view onnx);
Status ConvertShapeN(Op& op, std::string_view onnx);
Status ConvertSize(Op& op, std::string_view onnx);
Status ConvertRank(Op& op, std::string_view onnx);

}  // namespace trireme::tensorflow
