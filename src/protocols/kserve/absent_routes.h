// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Triton's paths for what is not there yet. A client that asks is told so with 400, which says more than that there is
// no such path.
void AddAbsentRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
