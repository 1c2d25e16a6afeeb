// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// Every method of inference.GRPCInferenceService, Triton's and the Open Inference Protocol's. `services` must outlive
// them.
std::vector<GrpcMethod> GrpcMethods(const InferServices& services);

}  // namespace trireme::kserve
