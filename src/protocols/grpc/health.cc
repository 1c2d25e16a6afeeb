// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/health.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/http_error.h"
#include "proto/health.pb.h"

namespace trireme {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr uint64_t kMaxMessageBytes = 4096;

Result<std::string> ServiceOf(const net::GrpcMessage& message) {
  HealthCheckRequest request;
  if (!request.ParseFromArray(message.bytes.data(), static_cast<int>(message.bytes.size()))) {
    return InvalidArgument("message: expected a grpc.health.v1.HealthCheckRequest, got " +
                           std::to_string(message.bytes.size()) + " bytes that are none");
  }
  return std::move(*request.mutable_service());
}

bool IsKnown(std::string_view service) {
  return service.empty() || service == "inference.GRPCInferenceService";
}

void Check(const HealthWatches& watches, const net::GrpcMessage& message, net::GrpcReply reply) {
  const Result<std::string> service = ServiceOf(message);
  if (!service.ok()) return reply.Finish(ToGrpcStatus(service.status()));
  if (!IsKnown(*service)) {
    return reply.Finish(ToGrpcStatus(
        NotFound("service: expected '' or 'inference.GRPCInferenceService', got " + net::Quoted(*service))));
  }
  HealthCheckResponse response;
  response.set_status(watches.Ask().ready ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  reply.Finish({.text = response.SerializeAsString(), .inserts = {}});
}

void Watch(HealthWatches& watches, const net::GrpcHead& head, const net::GrpcMessage& message, net::GrpcReply reply) {
  const Result<std::string> service = ServiceOf(message);
  if (!service.ok()) return reply.Finish(ToGrpcStatus(service.status()));
  watches.Add(IsKnown(*service), head.http.cancellation, std::move(reply));
}

}  // namespace

std::vector<GrpcMethod> HealthMethods(Engine& engine, const HealthWatches::Options& options) {
  const auto ask = [&engine] { return ServerHealth{.ready = engine.Ready(), .stopping = !engine.Accepting()}; };
  const auto watches = std::make_shared<HealthWatches>(ask, options);  // shared by both methods
  return {
      {.path = "/grpc.health.v1.Health/Check",
       .operation = Operation::kProbe,
       .max_message_bytes = kMaxMessageBytes,
       .call = [watches](net::GrpcHead, net::GrpcMessage message, const Identity&,
                         net::GrpcReply reply) { Check(*watches, message, std::move(reply)); }},
      {.path = "/grpc.health.v1.Health/Watch",
       .operation = Operation::kProbe,
       .max_message_bytes = kMaxMessageBytes,
       .call = [watches](net::GrpcHead head, net::GrpcMessage message, const Identity&,
                         net::GrpcReply reply) { Watch(*watches, head, message, std::move(reply)); }},
  };
}

}  // namespace trireme
