// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/tfserving/services.h"

namespace trireme::tfserving {

// tensorflow.serving.PredictionService, and GetModelStatus of ModelService. `services` must outlive the methods.
std::vector<GrpcMethod> ModelMethods(const Services& services);

// ModelService's HandleReloadConfigRequest, which changes what is served.
GrpcMethod ReloadMethod(const Services& services);

}  // namespace trireme::tfserving
