// SPDX-License-Identifier: Apache-2.0
#include "client/kserve_grpc_client.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "client/grpc_client.h"
#include "proto/grpc_service.pb.h"
#include "tensor/data_type.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::client {
namespace {

constexpr std::string_view kService = "/inference.GRPCInferenceService/";

Status Unreadable(const google::protobuf::Message& message) {
  return InvalidArgument("the server's answer is no " + message.GetTypeName());
}

Status ReadSpecs(const google::protobuf::RepeatedPtrField<inference::ModelMetadataResponse::TensorMetadata>& tensors,
                 std::vector<TensorSpec>& to) {
  for (const auto& tensor : tensors) {
    const std::optional<DataType> type = ParseDataType(tensor.datatype());
    if (!type) {
      return InvalidArgument("the model's tensor '" + tensor.name() + "' has an unknown datatype '" +
                             tensor.datatype() + "'");
    }
    TensorSpec spec{.name = tensor.name(), .type = *type, .shape = {}};
    for (const int64_t dim : tensor.shape()) {
      if (dim < Shape::kAny || !spec.shape.Append(dim)) {
        return InvalidArgument("the model's tensor '" + tensor.name() + "' has a shape that no tensor has");
      }
    }
    to.push_back(std::move(spec));
  }
  return {};
}

}  // namespace

GrpcMetadata MetadataOf(const ClientOptions& options) {
  if (options.api_key.empty()) return {};
  return {{"authorization", "Bearer " + options.api_key}};
}

KserveGrpcClient::KserveGrpcClient(Url server, ClientOptions options)
    : server_(std::move(server)), options_(std::move(options)) {}

Result<std::string> KserveGrpcClient::Call(std::string_view method, std::string_view message) const {
  const std::string path = std::string(kService).append(method);
  return CallGrpc({.url = server_,
                   .method = path,
                   .message = message,
                   .timeout = options_.timeout,
                   .metadata = MetadataOf(options_),
                   .tls = options_.tls});
}

Status KserveGrpcClient::CheckReady() const {
  ASSIGN_OR_RETURN(const std::string answer, Call("ServerReady", {}));
  inference::ServerReadyResponse ready;
  if (!ready.ParseFromString(answer)) return Unreadable(ready);
  return ready.ready() ? Status() : Unavailable("the server is not ready");
}

Result<kserve::ServerMetadata> KserveGrpcClient::Server() const {
  ASSIGN_OR_RETURN(const std::string answer, Call("ServerMetadata", {}));
  inference::ServerMetadataResponse metadata;
  if (!metadata.ParseFromString(answer)) return Unreadable(metadata);
  return kserve::ServerMetadata{.name = metadata.name(), .version = metadata.version(), .extensions = {}};
}

Result<std::vector<kserve::IndexEntry>> KserveGrpcClient::Index() const {
  ASSIGN_OR_RETURN(const std::string answer, Call("RepositoryIndex", {}));
  inference::RepositoryIndexResponse index;
  if (!index.ParseFromString(answer)) return Unreadable(index);
  std::vector<kserve::IndexEntry> entries;
  for (const auto& model : index.models()) {
    entries.push_back(
        {.name = model.name(), .version = model.version(), .state = model.state(), .reason = model.reason()});
  }
  return entries;
}

Result<kserve::ModelMetadata> KserveGrpcClient::Metadata(std::string_view model, std::string_view version) const {
  inference::ModelMetadataRequest request;
  request.set_name(std::string(model));
  request.set_version(std::string(version));
  ASSIGN_OR_RETURN(const std::string answer, Call("ModelMetadata", request.SerializeAsString()));
  inference::ModelMetadataResponse response;
  if (!response.ParseFromString(answer)) return Unreadable(response);
  kserve::ModelMetadata metadata;
  metadata.name = response.name();
  metadata.platform = response.platform();
  metadata.versions.assign(response.versions().begin(), response.versions().end());
  RETURN_IF_ERROR(ReadSpecs(response.inputs(), metadata.signature.inputs));
  RETURN_IF_ERROR(ReadSpecs(response.outputs(), metadata.signature.outputs));
  return metadata;
}

Result<kserve::InferResponseMessage> KserveGrpcClient::InferOnce(std::string_view model, std::string_view version,
                                                                 const kserve::InferRequestMessage& message,
                                                                 MemoryPool& pool) const {
  const std::string bytes =
      kserve::EncodeGrpcInferRequest(
          {.model_name = std::string(model), .model_version = std::string(version), .message = message})
          .Joined();
  ASSIGN_OR_RETURN(std::string answer, Call("ModelInfer", bytes));
  const auto owner = std::make_shared<const std::string>(std::move(answer));  // shared by the tensors that view it
  return kserve::DecodeGrpcInferResponse(std::as_bytes(std::span(*owner)), owner, pool);
}

Status KserveGrpcClient::RegisterSystemMemory(const SystemMemory& memory) const {
  inference::SystemSharedMemoryRegisterRequest request;
  request.set_name(memory.name);
  request.set_key(memory.key);
  request.set_offset(memory.offset);
  request.set_byte_size(memory.byte_size);
  return Call("SystemSharedMemoryRegister", request.SerializeAsString()).status();
}

Status KserveGrpcClient::UnregisterSystemMemory(std::string_view name) const {
  inference::SystemSharedMemoryUnregisterRequest request;
  request.set_name(std::string(name));
  return Call("SystemSharedMemoryUnregister", request.SerializeAsString()).status();
}

}  // namespace trireme::client
