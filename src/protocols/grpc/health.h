// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "engine/engine.h"
#include "protocols/grpc/health_watches.h"

namespace trireme {

// grpc.health.v1.Health (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): Check and Watch. The service
// "" is the server's readiness, as is "inference.GRPCInferenceService"; any other is NOT_FOUND, or SERVICE_UNKNOWN to a
// Watch. Every watch is told of a change within a second, and ended when the server takes no more requests. `engine`
// must outlive the methods.
std::vector<GrpcMethod> HealthMethods(Engine& engine, const HealthWatches::Options& watches = {});

}  // namespace trireme
