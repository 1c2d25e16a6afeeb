// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace trireme::kserve {

// The messages of inference.GRPCInferenceService about settings of the running server, serialized. Requests are read as
// strictly as those of grpc_metadata.h.

// Trace settings by their names. A list has one element but for trace_level; an empty one in a request clears the
// setting. Which names there are and what their values may be is not looked at here.
using TraceSettingValues = std::map<std::string, std::vector<std::string>>;

// TraceSettingRequest and TraceSettingResponse.
struct GrpcTraceSettingRequest {
  std::string model_name;  // empty: of the server
  TraceSettingValues settings;
};
Result<GrpcTraceSettingRequest> DecodeGrpcTraceSettingRequest(std::span<const std::byte> bytes);
std::string EncodeGrpcTraceSettings(const TraceSettingValues& settings);

// LogSettingsRequest: what the settings are after it, as DecodeLogSettings tells from JSON. One that changes nothing
// asks for them.
struct GrpcLogSettingsRequest {
  Logger::Settings settings;
  bool changes = false;  // whether it names any
};
Result<GrpcLogSettingsRequest> DecodeGrpcLogSettings(std::span<const std::byte> bytes, const Logger::Settings& now);

// LogSettingsResponse.
std::string EncodeGrpcLogSettings(const Logger::Settings& settings);

}  // namespace trireme::kserve
