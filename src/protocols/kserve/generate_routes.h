// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// POST /v2/models/M[/versions/V]/generate and generate_stream: the "generate" extension. `services` must outlive the
// routes.
void AddGenerateRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
