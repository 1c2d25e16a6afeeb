// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/turn_pool.h"
#include "model/reply.h"
#include "transform/model_transform.h"

namespace trireme {

// A reply to whom a model's outputs are given, and who passes on `wanted`, in this order: outputs of the model, and
// among them the answer that `transform` makes of them, as BYTES with a JSON text a row. It does not hold the model, so
// one that is replaced waits for no answer.
//
// The last or only response is made on one of `workers`, before what is still to be decoded, because it ends something.
// Those before it, which only a decoupled model gives, are made on the thread that gives them, so that they keep their
// order; after one that cannot be made there are no more.
Reply AnswerFor(std::shared_ptr<const transform::ModelTransform> transform, std::vector<std::string> wanted,
                Reply reply, TurnPool& workers);

}  // namespace trireme
