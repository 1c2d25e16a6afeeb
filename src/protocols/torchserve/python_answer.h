// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"

namespace trireme::torchserve {

struct AnswerForm {
  bool is_lone_row = false;      // the first dimension, which is 1, is left out
  std::string json_output = {};  // whose elements of BYTES are JSON and stand as they are; empty: none
  bool as_predictions = false;   // {"predictions": ...}
};

// What TorchServe sends of a handler that returns its outputs as lists: json.dumps(..., indent=2), of the only output
// or of an object of them by name. A single text is itself. Numbers that JSON does not have are NaN and Infinity, as
// Python writes them. kInternal: the model gave a tensor that is not whole.
Result<std::string> EncodePythonAnswer(const std::vector<NamedTensor>& outputs, const AnswerForm& form);

}  // namespace trireme::torchserve
