// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// org.pytorch.serve.grpc.inference.InferenceAPIsService: Ping, Predictions, StreamPredictions (one answer; no model
// here gives several to this protocol) and StreamPredictions2, whose requests are answered in their order. `services`
// must outlive the methods.
std::vector<GrpcMethod> InferenceMethods(const Services& services);

// org.pytorch.serve.grpc.management.ManagementAPIsService
std::vector<GrpcMethod> ManagementMethods(const Services& services);

}  // namespace trireme::torchserve
