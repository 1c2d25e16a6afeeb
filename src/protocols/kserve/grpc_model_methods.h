// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// What can be asked of the server and of its models: health, metadata, configuration and statistics. `services` must
// outlive the methods.
void AddGrpcModelMethods(std::vector<GrpcMethod>& methods, const InferServices& services);

}  // namespace trireme::kserve
