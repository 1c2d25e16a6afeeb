// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/kserve/infer_call.h"

namespace trireme::kserve {

// KServe V2 (the Open Inference Protocol) over HTTP: health, metadata, readiness, infer and the repository index, with
// Triton's binary tensor extension. `services` must outlive the routes.
Dialect MakeDialect(const InferServices& services);

}  // namespace trireme::kserve
