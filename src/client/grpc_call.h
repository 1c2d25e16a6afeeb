// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "client/url.h"
#include "net/grpc_message.h"

namespace trireme::client {

using GrpcMetadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// How a call begins, whatever its messages are: made once, used any number of times by any number of connections.
struct GrpcHead {
  std::vector<std::pair<std::string, std::string>> headers;
};

// `method`: "/inference.GRPCInferenceService/ModelInfer". With a time-out, the server is told of it (grpc-timeout).
GrpcHead PrepareCall(const Url& url, std::string_view method, std::optional<std::chrono::milliseconds> timeout,
                     const GrpcMetadata& metadata = {});

// "1500m": as grpc-timeout has it, in the finest unit that needs no more than eight digits.
std::string GrpcTimeout(std::chrono::milliseconds timeout);

// The five bytes in front of a message of this length. CHECKs that they can say it.
std::string GrpcPrefix(size_t message_bytes);

// How a call ended.
struct GrpcEnd {
  net::GrpcCode code = net::GrpcCode::kOk;
  std::string message;
};

// What it means, in our codes: RESOURCE_EXHAUSTED is kOverloaded, UNIMPLEMENTED kUnsupported, ...; OK if it is OK. The
// message begins with the code's name.
Status StatusOf(const GrpcEnd& end);

// What an answer without gRPC's status says by HTTP's, as gRPC's documents have it.
net::GrpcCode CodeOfHttp(int status);

// Undoes the percent-encoding of grpc-message; what is no encoding stays as it is.
std::string DecodeGrpcMessage(std::string_view text);

// The number in a grpc-status; kUnknown if it is none of gRPC's.
net::GrpcCode ParseGrpcCode(std::string_view text);

}  // namespace trireme::client
