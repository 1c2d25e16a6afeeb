// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dialect/dialect.h"

namespace trireme {

// Server reflection, v1 and v1alpha (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md), of the
// services whose messages are linked in. `services`: their full names, in the order in which they are listed.
std::vector<GrpcMethod> ReflectionMethods(std::vector<std::string> services);

}  // namespace trireme
