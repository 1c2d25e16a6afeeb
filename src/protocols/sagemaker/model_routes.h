// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/sagemaker/services.h"

namespace trireme::sagemaker {

// The multi-model contract: POST, GET and DELETE /models and /models/M, POST /models/M/invoke. `services` must outlive
// the routes.
//
// 409, 404 and 507 are what the platform acts upon; texts are for its logs. The name in a path is decoded before it is
// used, and asked about once more if that made it another one.
void AddModelRoutes(std::vector<Route>& routes, const Services& services);

}  // namespace trireme::sagemaker
