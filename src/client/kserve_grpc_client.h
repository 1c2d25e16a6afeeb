// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/grpc_call.h"
#include "client/inference_client.h"

namespace trireme::client {

inline constexpr std::string_view kModelInfer = "/inference.GRPCInferenceService/ModelInfer";
inline constexpr std::string_view kModelStreamInfer = "/inference.GRPCInferenceService/ModelStreamInfer";

// What `options` has to say in a call's metadata.
GrpcMetadata MetadataOf(const ClientOptions& options);

// Speaks inference.GRPCInferenceService with one server. Thread-safe.
class KserveGrpcClient final : public InferenceClient {
 public:
  KserveGrpcClient(Url server, ClientOptions options);

  Status CheckReady() const override;
  Result<kserve::ServerMetadata> Server() const override;
  Result<std::vector<kserve::IndexEntry>> Index() const override;
  Result<kserve::ModelMetadata> Metadata(std::string_view model, std::string_view version) const override;
  Result<kserve::InferResponseMessage> InferOnce(std::string_view model, std::string_view version,
                                                 const kserve::InferRequestMessage& message,
                                                 MemoryPool& pool) const override;
  Status RegisterSystemMemory(const SystemMemory& memory) const override;
  Status UnregisterSystemMemory(std::string_view name) const override;

 private:
  // `method` is a name of the service's.
  Result<std::string> Call(std::string_view method, std::string_view message) const;

  const Url server_;
  const ClientOptions options_;
};

}  // namespace trireme::client
