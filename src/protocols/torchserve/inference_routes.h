// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// /ping and /predictions: what collides with no other dialect.
void AddPredictionRoutes(std::vector<Route>& routes, const Services& services);

// All that TorchServe's inference listener answers: those, /invocations, /models/M/invoke, the older /M/predict,
// /v1/models/M:predict, /wfpredict/W, and that it explains nothing.
void AddInferenceRoutes(std::vector<Route>& routes, const Services& services);

// Whether requests should come here: the engine is ready, and what was to be loaded at the start is.
bool IsHealthy(const Services& services);

}  // namespace trireme::torchserve
