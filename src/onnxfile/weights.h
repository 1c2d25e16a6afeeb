// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/element_type.h"

namespace trireme::onnxfile {

// Elements of a constant that lie in the model one behind the other, little-endian.
struct WeightSpan {
  ElementType type = ElementType::kUndefined;  // a floating type, kInt8 or kUint8
  ByteSpan bytes;                              // whole elements
};

// Where a model has numbers that were learnt, in order: constants of the outermost graph and of its nodes' attributes,
// of floating types or, with two dimensions or more, of eight bits. What is smaller than sixteen elements is left out,
// and so are integers in one row: those are parameters (sizes, limits, zero points), with which a graph stands or
// falls. Constants in other files, in nested graphs and in the encoded forms that no program writes today are left out
// too.
//
// Safe on any bytes. kInvalidArgument says what is not as in onnx.proto.
Result<std::vector<WeightSpan>> FindWeights(ByteSource& source);

}  // namespace trireme::onnxfile
