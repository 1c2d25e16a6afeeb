// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Regions of shared memory: register, unregister and what is registered, of the caller's own. `services` must outlive
// the methods.
void AddGrpcSharedMemoryMethods(std::vector<GrpcMethod>& methods, const InferServices& services);

}  // namespace trireme::kserve
