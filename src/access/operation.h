// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace trireme {

// What somebody wants to do, whatever the protocol and path he says it in. Authorisation is decided on this and on the
// model's name, never on a URL.
enum class Operation {
  kProbe,          // liveness and readiness that name no model: never need a key
  kMetadata,       // what the server and its models are
  kInfer,          // run a model
  kSharedMemory,   // register memory of one's own, for tensors of infer requests
  kMetrics,        // what the server and its models did
  kModelControl,   // load, unload
  kServerControl,  // logging and tracing
  kKeyControl,     // make a key anew
};

std::string_view Name(Operation operation);

}  // namespace trireme
