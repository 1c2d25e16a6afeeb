// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/signature.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// Finds out from the graph which inputs and outputs may lie in memory that changes while ONNX Runtime works
// (TensorSpec::may_change), and marks them in the model's signature.
//
// Most kernels go through their tensors as the shapes say: a value that changes makes a wrong number. Some believe what
// they have seen (a sort that stops at a smaller element walks out of its array if there is none any more), and nobody
// says of a kernel which kind it is, so those of the first kind are listed. The runtime may leave out a node that does
// nothing, keep one of two that do the same, or let an output lie in the memory of an input: what it might make one
// counts as one piece of memory, and all nodes that read or make it must be listed. A model with graphs inside of
// nodes, or functions of its own, gets no marks.
void MarkWhatMayChange(const onnxfile::ModelSummary& summary, Signature& signature);

}  // namespace trireme::onnx
