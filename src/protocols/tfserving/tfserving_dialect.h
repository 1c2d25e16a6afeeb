// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/tfserving/services.h"

namespace trireme::tfserving {

// All that TF Serving's two ports answer: REST, and PredictionService and ModelService over gRPC. `services` must
// outlive it.
Dialect MakeDialect(const Services& services);

// The part of it that asks models, /v1/models and what there is of it over gRPC, for listeners of several dialects.
Dialect MakeModels(const Services& services);

}  // namespace trireme::tfserving
