// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_model_methods.h"

#include <optional>
#include <string>
#include <utility>

#include "protocols/kserve/descriptions.h"
#include "protocols/kserve/grpc_cold_method.h"
#include "protocols/kserve/path_version.h"
#include "wire/kserve/grpc_metadata.h"

namespace trireme::kserve {
namespace {

using Bytes = std::span<const std::byte>;

// A model and one of its versions, as a message names them.
struct NamedModel {
  std::string name;
  VersionChoice version;
};

Result<NamedModel> ReadModel(std::string_view message, Bytes bytes) {
  ASSIGN_OR_RETURN(GrpcModelRequest request, DecodeGrpcModelRequest(message, bytes));
  ASSIGN_OR_RETURN(VersionChoice version, ParseMessageVersion(request.version));
  return NamedModel{.name = std::move(request.name), .version = std::move(version)};
}

// A model that is not there is not ready: who waits for one to be loaded asks again and again, and Triton answers so
// too.
Result<std::string> ModelReady(const Engine& engine, Bytes bytes) {
  ASSIGN_OR_RETURN(const NamedModel model, ReadModel("ModelReadyRequest", bytes));
  const Status status = engine.ModelReady(model.name, model.version);
  const bool is_answer = status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kNotFound;
  if (!status.ok() && !is_answer) return status;
  return EncodeGrpcReady(status.ok());
}

Result<std::string> Metadata(const Engine& engine, Bytes bytes) {
  ASSIGN_OR_RETURN(const NamedModel model, ReadModel("ModelMetadataRequest", bytes));
  ASSIGN_OR_RETURN(const ModelMetadata metadata, DescribeModel(engine, model.name, model.version));
  return EncodeGrpcModelMetadata(metadata);
}

Result<std::string> Config(const Engine& engine, Bytes bytes) {
  ASSIGN_OR_RETURN(const NamedModel model, ReadModel("ModelConfigRequest", bytes));
  ASSIGN_OR_RETURN(const ModelConfigParts config, DescribeConfig(engine, model.name, model.version));
  return EncodeGrpcModelConfig(config);
}

Result<std::string> Statistics(const Engine& engine, Bytes bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(const NamedModel model, ReadModel("ModelStatisticsRequest", bytes));
  ASSIGN_OR_RETURN(const std::vector<StatisticsEntry> entries,
                   DescribeStatistics(engine, identity, model.name, model.version));
  return EncodeGrpcStatistics(entries);
}

void AddServerMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  const Engine& engine = services.engine;
  methods.push_back(ColdMethod({.rpc = "ServerLive", .operation = Operation::kProbe},
                               [](Bytes bytes, const Identity&) -> Result<std::string> {
                                 RETURN_IF_ERROR(CheckGrpcEmptyRequest("ServerLiveRequest", bytes));
                                 return EncodeGrpcReady(true);
                               }));
  methods.push_back(ColdMethod({.rpc = "ServerReady", .operation = Operation::kProbe},
                               [&engine](Bytes bytes, const Identity&) -> Result<std::string> {
                                 RETURN_IF_ERROR(CheckGrpcEmptyRequest("ServerReadyRequest", bytes));
                                 return EncodeGrpcReady(engine.Ready());
                               }));
  methods.push_back(ColdMethod({.rpc = "ServerMetadata", .operation = Operation::kMetadata},
                               [answer = EncodeGrpcServerMetadata(DescribeServer(services))](
                                   Bytes bytes, const Identity&) -> Result<std::string> {
                                 RETURN_IF_ERROR(CheckGrpcEmptyRequest("ServerMetadataRequest", bytes));
                                 return answer;
                               }));
}

}  // namespace

void AddGrpcModelMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  constexpr int kName = 1;  // field of each of these requests
  const Engine& engine = services.engine;
  AddServerMethods(methods, services);
  methods.push_back(ColdMethod({.rpc = "ModelReady", .operation = Operation::kMetadata, .model_field = kName},
                               [&engine](Bytes bytes, const Identity&) { return ModelReady(engine, bytes); }));
  methods.push_back(ColdMethod({.rpc = "ModelMetadata", .operation = Operation::kMetadata, .model_field = kName},
                               [&engine](Bytes bytes, const Identity&) { return Metadata(engine, bytes); }));
  methods.push_back(ColdMethod({.rpc = "ModelConfig", .operation = Operation::kMetadata, .model_field = kName},
                               [&engine](Bytes bytes, const Identity&) { return Config(engine, bytes); }));
  // Perhaps of all models.
  methods.push_back(
      SlowColdMethod(services, {.rpc = "ModelStatistics", .operation = Operation::kMetadata, .model_field = kName},
                     [&engine](Bytes bytes, const Identity& identity) { return Statistics(engine, bytes, identity); }));
}

}  // namespace trireme::kserve
