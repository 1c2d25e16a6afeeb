// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "access/authoriser.h"
#include "base/status.h"
#include "dialect/dialect.h"
#include "protocols/kserve/infer_services.h"

namespace trireme::kserve {

// "/inference.GRPCInferenceService/ServerLive" for "ServerLive".
std::string GrpcPath(std::string_view rpc);

// From a serialized message to the serialized answer.
using ColdAnswer = std::function<Result<std::string>(std::span<const std::byte> message, const Identity& identity)>;

struct ColdMethodOptions {
  std::string_view rpc;
  Operation operation;
  int model_field = 0;  // see GrpcMethod
};

// A method off the request path, whose message has at most kMaxColdBytes: answered at once, on the loop.
GrpcMethod ColdMethod(const ColdMethodOptions& options, ColdAnswer answer);

// The same where answering may take longer than a loop has time for: on a codec worker. `services` must outlive it.
GrpcMethod SlowColdMethod(const InferServices& services, const ColdMethodOptions& options, ColdAnswer answer);

// Sends an answer, or why there is none. On the loop.
void FinishCold(net::GrpcReply reply, Result<std::string> answer);

}  // namespace trireme::kserve
