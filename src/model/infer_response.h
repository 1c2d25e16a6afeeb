// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/model_id.h"
#include "model/parameters.h"
#include "model/stages.h"
#include "tensor/tensor.h"

namespace trireme {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// One answer to a request: the outputs it asked for, in its order (all of them in the model's order if it named none).
struct InferResponse {
  ModelId model;  // the version that ran, also where the request named none
  std::vector<NamedTensor> outputs;
  Parameters parameters;
  Stages stages;
};

}  // namespace trireme
