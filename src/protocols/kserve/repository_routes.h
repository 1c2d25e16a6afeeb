// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// The repository ("Model Repository" extension): which models there are, load and unload. `services` must outlive the
// routes.
void AddRepositoryRoutes(std::vector<Route>& routes, const InferServices& services);

}  // namespace trireme::kserve
