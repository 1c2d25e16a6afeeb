// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/listener.h"
#include "server/server.h"

namespace trireme {

// So many connections those who look after the server have for themselves, on the metrics' port and on the admin socket
// each: whoever takes all of --max-connections does not shut them out.
inline constexpr size_t kOwnersConnections = 16;

// What of TorchServe a listener has.
struct TorchserveSurfaces {
  bool inference = false;
  bool management = false;
  bool metrics = false;

  bool any() const { return inference || management || metrics; }
};

// An address that the server shall listen on, and what for.
struct ListenerPlan {
  std::string
      name;  // as its metrics call it: "http", "grpc", "metrics", "sagemaker", "torchserve", "tfserving", "unix"
  std::string flag;  // that says where, for errors: "--http-port 8000"
  net::ListenAddress address;
  bool inference = false;                // the protocols, else metrics only
  bool sagemaker = false;                // SageMaker's paths only
  TorchserveSurfaces torchserve = {};    // these surfaces only
  bool tfserving = false;                // TF Serving's paths and methods only
  const net::TlsOptions* tls = nullptr;  // of the server's options; null: in the clear
  uint16_t ServerPorts::*port = nullptr;
  std::vector<uint16_t ServerPorts::*> also = {};  // listeners that are this one too
};

// Every listener that the options ask for, those with the same address and port as one. A pure function; `options` must
// outlive what it returns. kInvalidArgument: two with one address that need different certificates, or SageMaker's,
// TorchServe's or TF Serving's and another one.
Result<std::vector<ListenerPlan>> PlanListeners(const ServerOptions& options);

}  // namespace trireme
