// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_methods.h"

namespace trireme::kserve {

std::vector<GrpcMethod> GrpcMethods(const InferServices&) {
  return {};
}

}  // namespace trireme::kserve
