// SPDX-License-Identifier: Apache-2.0
#include "access/operation.h"

namespace trireme {

std::string_view Name(Operation operation) {
  switch (operation) {
    case Operation::kProbe:
      return "probe";
    case Operation::kMetadata:
      return "metadata";
    case Operation::kInfer:
      return "infer";
    case Operation::kSharedMemory:
      return "shared-memory";
    case Operation::kMetrics:
      return "metrics";
    case Operation::kModelControl:
      return "model-control";
    case Operation::kServerControl:
      return "server-control";
    case Operation::kKeyControl:
      return "key-control";
  }
  return "unknown";
}

}  // namespace trireme
