// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/repository_request.h"

namespace trireme::kserve {

// The messages of inference.GRPCInferenceService that manage models, serialized. Requests are read as strictly as those
// of grpc_metadata.h. One that names a repository is kUnsupported.

// RepositoryIndexRequest and RepositoryIndexResponse.
std::string EncodeGrpcIndexRequest(const IndexRequest& request);
Result<IndexRequest> DecodeGrpcIndexRequest(std::span<const std::byte> bytes);
std::string EncodeGrpcRepositoryIndex(const std::vector<IndexEntry>& entries);
Result<std::vector<IndexEntry>> DecodeGrpcRepositoryIndex(std::span<const std::byte> bytes);

// RepositoryModelLoadRequest. Its parameters are those of DecodeLoadRequest, with the same checks; files come as they
// are, not in Base64. Its answer, RepositoryModelLoadResponse, is empty.
struct GrpcLoadRequest {
  std::string model_name;  // not empty
  LoadRequest request;
};
Result<GrpcLoadRequest> DecodeGrpcLoadRequest(std::span<const std::byte> bytes);

// RepositoryModelUnloadRequest; RepositoryModelUnloadResponse is empty too.
struct GrpcUnloadRequest {
  std::string model_name;  // not empty
  UnloadRequest request;
};
Result<GrpcUnloadRequest> DecodeGrpcUnloadRequest(std::span<const std::byte> bytes);

}  // namespace trireme::kserve
