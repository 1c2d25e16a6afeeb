// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/grpc_call.h"
#include "client/tls_client.h"
#include "client/url.h"

namespace trireme::client {

struct GrpcRequest {
  Url url;
  std::string_view method;                    // "/package.Service/Method"
  std::string_view message;                   // protobuf
  std::chrono::milliseconds timeout{10'000};  // for all of it; looking up a name is not counted
  GrpcMetadata metadata = {};
  std::shared_ptr<const TlsClient> tls = nullptr;  // for grpcs; shared with other calls
  uint64_t max_message_bytes = uint64_t{64} << 20;
};

// One call of one message each way on a connection of its own, for programs that may wait: the message that is
// answered. Errors name server and method; a server's status keeps its words (StatusOf), and kUnavailable and
// kDeadlineExceeded may also be found here. Thread-safe.
Result<std::string> CallGrpc(const GrpcRequest& request);

}  // namespace trireme::client
