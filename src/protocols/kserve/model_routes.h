// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// What can be asked of models: metadata, readiness, configuration and statistics; one by one, with or without a
// version, and the statistics of all. `services` must outlive the routes.
void AddModelRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
