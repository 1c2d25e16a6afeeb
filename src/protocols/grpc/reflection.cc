// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/reflection.h"

namespace trireme {

std::vector<GrpcMethod> ReflectionMethods(std::vector<std::string>) {
  return {};
}

}  // namespace trireme
