// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Triton's paths for what is not there yet: shared memory, traces, generate. A client that asks is told so with 400,
// which says more than that there is no such path.
//
// One exception: to unregister all shared memory works. Nothing is ever registered, and clients clean up before they
// begin.
void AddAbsentRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
