// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "onnxfile/graph_changer.h"
#include "onnxfile/lowering_notes.h"

namespace trireme::onnxfile {

// Lets matrix products and convolutions of the outermost graph compute in FP16, and what lies between them
// (fp16_rules.h). What the graph takes and gives stays FP32, and so do graphs within nodes; Casts stand between.
//
// A single number beyond FP16's range becomes the largest that it has: it stands for "infinitely much" as a rule. Nodes
// with several such numbers stay in FP32, and so does who makes what these normalise. A single number that is not zero
// does not become zero: it is there to be divided by. Constants with a NaN or an infinity keep it.
Status LowerToFp16(GraphChanger& changer, LoweringNotes& notes);

}  // namespace trireme::onnxfile
