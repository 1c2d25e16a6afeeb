// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// TorchServe's surfaces, each of which has a listener of its own there: REST, and the gRPC service beside it.
// `services` must outlive them.
Dialect MakeInference(const Services& services);
Dialect MakeManagement(const Services& services);
Dialect MakeMetrics(const Services& services);

// The part of them that collides with no other dialect, /ping and /predictions, for listeners of several.
Dialect MakePredictions(const Services& services);

}  // namespace trireme::torchserve
