// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// TraceSetting and LogSettings. A request without settings asks what they are; what may be done is decided on the
// method, so asking needs the same permission. `services` must outlive the methods.
void AddGrpcSettingsMethods(std::vector<GrpcMethod>& methods, const InferServices& services);

}  // namespace trireme::kserve
