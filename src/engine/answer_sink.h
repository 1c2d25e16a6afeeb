// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "lifecycle/served_model.h"
#include "model/reply.h"

namespace trireme {

// A reply to whom a model's outputs are given, and who passes on `wanted`, in this order: outputs of the model, and
// among them the answer that `model->transform` makes of them, as BYTES with a JSON text a row. That is made on a
// worker; where too many wait, on the thread that answers, because no answer may be lost.
Reply AnswerFor(std::shared_ptr<const ServedModel> model, std::vector<std::string> wanted, Reply reply,
                ThreadPool& workers);

}  // namespace trireme
