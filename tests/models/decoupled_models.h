// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "onnxfile/testing/triton_models.h"

namespace trireme {

// Models that give any number of responses to a request.
//
//   repeat         INT32 IN [-1] -> OUT [1], IDX [1], a response for each element; DELAY and WAIT may be left out
//   repeat_text    the same of BYTES
//   repeat_one     the same with one instance
//   add_decoupled  FP32 INPUT0 [n,16] -> OUTPUT0 = INPUT0 + 1 of a model that gives one, and is declared to be
//   decoupled
std::vector<onnxfile::RepositoryFile> DecoupledModels();

}  // namespace trireme
