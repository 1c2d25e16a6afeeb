// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lifecycle/served_model.h"
#include "model/infer_request.h"

namespace trireme {

// Looks in the cache of a model, which it has, for an answer to this request, as it was sent. Before anything else is
// done with it: who asks the same as somebody who was answered with success asks nothing that is wrong.
//
// Answers it, and returns true, if there is one. Else, where its answer is one that others may have, its reply is
// wrapped so that a copy of the answer is kept: on the thread that answers it, before it is handed over, but for what
// is made of the model's outputs where a transform is around it, which is kept as it was made. Takes the time of
// hashing the inputs.
bool AnswerFromCache(const ServedModel& model, InferRequest& request);

}  // namespace trireme
