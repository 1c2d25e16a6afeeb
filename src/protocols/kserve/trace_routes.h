// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Trace settings of the server and of a model ("Trace" extension): GET and POST /v2/trace/setting and
// /v2/models/M/trace/setting. `services` must outlive the routes.
void AddTraceRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
