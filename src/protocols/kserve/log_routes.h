// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// GET and POST /v2/logging. `services` must outlive the routes.
void AddLogRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
