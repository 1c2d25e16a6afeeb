// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/health.h"

namespace trireme {

std::vector<GrpcMethod> HealthMethods(Engine&) {
  return {};
}

}  // namespace trireme
