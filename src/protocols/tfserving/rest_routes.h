// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/tfserving/services.h"

namespace trireme::tfserving {

// /v1/models/M[/versions/N | /labels/L] with :predict, :classify, :regress, /metadata, or nothing for its status.
// `services` must outlive the routes.
void AddModelRoutes(std::vector<Route>& routes, const Services& services);

// What is only on TF Serving's own port: its metrics, if it has a path for them, and what it says of paths that lead
// nowhere. After the others.
void AddOwnRoutes(std::vector<Route>& routes, const Services& services);

}  // namespace trireme::tfserving
