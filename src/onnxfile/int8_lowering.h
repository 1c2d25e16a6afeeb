// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "onnxfile/graph_changer.h"
#include "onnxfile/lowering_notes.h"
#include "onnxfile/precision.h"

namespace trireme::onnxfile {

// Puts products of integers in place of those of FP32, as LowerPrecision() says, in graphs within nodes too. The nodes
// that it writes are, for y = x W + b:
//
//   DynamicQuantizeLinear(x) -> x8, x_scale, x_zero    once for all that read x in a graph
//   MatMulInteger(x8, W8, x_zero, W_zero) -> Cast -> Mul by x_scale * W_scale -> Add b
//
// which ONNX Runtime runs as one or two steps, if W is of signed integers. They are of opset 11, to which the model is
// raised. Where that would change what other nodes of it mean, a node of ONNX Runtime's own stands for all these.
Status LowerToInt8(GraphChanger& changer, const LoweringOptions& options, LoweringNotes& notes);

}  // namespace trireme::onnxfile
