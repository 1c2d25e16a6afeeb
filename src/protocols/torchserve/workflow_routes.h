// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// What TorchServe's management listener answers of workflows: registered, described, listed and unregistered.
// `services` must outlive the routes.
void AddWorkflowRoutes(std::vector<Route>& routes, const Services& services);

}  // namespace trireme::torchserve
