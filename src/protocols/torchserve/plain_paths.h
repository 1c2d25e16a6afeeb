// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// The route, with models and versions as they are meant: clients escape what stands in names ("2.0%2Bcu118"). The front
// has asked for the model as it is written; where that is another one, it is asked for here. 400: what cannot be meant.
Route WithPlainPaths(const Services& services, Route route);

}  // namespace trireme::torchserve
