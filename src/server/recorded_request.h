// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "lifecycle/request_warmup.h"

namespace trireme {

// A RequestReader of V2 inference requests in JSON, as a client sends them to /v2/models/NAME/infer, with the checks
// that a client's request goes through. Nothing but inputs and outputs counts. kInvalidArgument also: an input or
// output in shared memory, which is the client's own.
Result<RunnableRequest> ReadRequestBody(std::string body, const RequestTarget& target, MemoryPool& pool);

// A LogReader of what TF Serving's warm-up files have, in the same way.
Result<std::vector<LoggedRequest>> ReadServingLog(std::string log, const RequestTarget& target, MemoryPool& pool);

}  // namespace trireme
