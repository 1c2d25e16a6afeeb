// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// KServe V2 (the Open Inference Protocol) over HTTP and gRPC, with Triton's extensions: binary tensors, classification,
// model configuration, statistics, model repository, shared memory, trace and logging. Bodies may be compressed both
// ways. `services` must outlive the routes and methods.
Dialect MakeDialect(const InferServices& services);

}  // namespace trireme::kserve
