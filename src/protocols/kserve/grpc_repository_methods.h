// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// The repository: which models there are, load and unload. `services` must outlive the methods.
void AddGrpcRepositoryMethods(std::vector<GrpcMethod>& methods, const InferServices& services);

}  // namespace trireme::kserve
