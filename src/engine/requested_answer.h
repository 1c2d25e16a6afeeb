// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "lifecycle/served_model.h"
#include "model/infer_request.h"

namespace trireme {

// Whether a request wants the answer that is made of its model's outputs: it names that among its outputs, or brings
// pictures and names none.
bool WantsAnswer(const ServedModel& model, const InferRequest& request, bool has_pictures);

// What the model is to be asked for: the outputs as they were sent, or what the answer is made of instead of the
// answer. What it is made of is given no place of the caller's: others may write to that (shared memory), after it was
// checked and before it was read again. kInvalidArgument: an answer is asked for twice.
Result<std::vector<RequestedOutput>> OutputsToAsk(const ServedModel& model, const InferRequest& request,
                                                  bool has_pictures);

// What the client gets, by name, where it wants the answer.
std::vector<std::string> OutputsToGive(const ServedModel& model, const InferRequest& request);

}  // namespace trireme
