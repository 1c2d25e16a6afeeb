// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/model_config_message.h"
#include "wire/kserve/statistics.h"

namespace trireme::kserve {

// The messages of inference.GRPCInferenceService that ask for health and metadata, serialized. Text of ours that is not
// UTF-8 is written with U+FFFD in its place.
//
// What a client sends is read strictly: kInvalidArgument names the message and the field, what was expected and what
// came. Fields that are not known are passed over, and of one that is there several times the last counts.

// A request that says nothing: ServerLiveRequest, ServerReadyRequest, ServerMetadataRequest, which `message` names.
Status CheckGrpcEmptyRequest(std::string_view message, std::span<const std::byte> bytes);

// ServerLiveResponse, ServerReadyResponse and ModelReadyResponse, which are written the same way.
std::string EncodeGrpcReady(bool ready);
Result<bool> DecodeGrpcReady(std::string_view message, std::span<const std::byte> bytes);

// ServerMetadataResponse.
std::string EncodeGrpcServerMetadata(const ServerMetadata& metadata);
Result<ServerMetadata> DecodeGrpcServerMetadata(std::span<const std::byte> bytes);

// ModelReadyRequest, ModelMetadataRequest, ModelConfigRequest and ModelStatisticsRequest, which are written the same
// way; `message` names the one that is read.
struct GrpcModelRequest {
  std::string name;     // may be empty: whoever answers knows what that means
  std::string version;  // as sent; empty: the server's choice
};
std::string EncodeGrpcModelRequest(const GrpcModelRequest& request);
Result<GrpcModelRequest> DecodeGrpcModelRequest(std::string_view message, std::span<const std::byte> bytes);

// ModelMetadataResponse.
std::string EncodeGrpcModelMetadata(const ModelMetadata& metadata);
Result<ModelMetadata> DecodeGrpcModelMetadata(std::span<const std::byte> bytes);

// ModelConfigResponse.
std::string EncodeGrpcModelConfig(const ModelConfigParts& parts);

// ModelStatisticsResponse.
std::string EncodeGrpcStatistics(std::span<const StatisticsEntry> entries);

}  // namespace trireme::kserve
