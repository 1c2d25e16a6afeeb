// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_methods.h"

#include <utility>

#include "protocols/kserve/grpc_cold_method.h"
#include "protocols/kserve/grpc_infer_call.h"
#include "protocols/kserve/grpc_model_methods.h"
#include "protocols/kserve/grpc_repository_methods.h"
#include "protocols/kserve/grpc_settings_methods.h"
#include "protocols/kserve/grpc_shared_memory_methods.h"
#include "protocols/kserve/grpc_stream_call.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::kserve {
namespace {

void AddInferMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  constexpr int kModelName = 1;                       // field of ModelInferRequest
  const auto open = std::make_shared<OpenStreams>();  // shared by the streams
  services.engine.WhenStopping([open] { open->Stop(); });
  methods.push_back({.path = GrpcPath("ModelInfer"),
                     .operation = Operation::kInfer,
                     .model_field = kModelName,
                     .align_at = FindRawContents,
                     .call = [&services](const net::GrpcHead& head, net::GrpcMessage message, const Identity& identity,
                                         net::GrpcReply reply) {
                       StartGrpcInferCall(services, head, std::move(message), identity, std::move(reply));
                     }});
  methods.push_back(
      {.path = GrpcPath("ModelStreamInfer"),
       .operation = Operation::kInfer,
       .model_field = kModelName,
       .align_at = FindRawContents,
       .stream = [&services, open](const net::GrpcHead& head, const Identity& identity, net::GrpcReply reply) {
         return StartGrpcStreamCall(services, open, head, identity, std::move(reply));
       }});
}

}  // namespace

std::vector<GrpcMethod> GrpcMethods(const InferServices& services) {
  std::vector<GrpcMethod> methods;
  AddInferMethods(methods, services);
  AddGrpcModelMethods(methods, services);
  AddGrpcRepositoryMethods(methods, services);
  AddGrpcSharedMemoryMethods(methods, services);
  AddGrpcSettingsMethods(methods, services);
  return methods;
}

}  // namespace trireme::kserve
