// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_settings_methods.h"

#include <string>

#include "protocols/kserve/grpc_cold_method.h"
#include "protocols/kserve/trace_settings.h"
#include "wire/kserve/grpc_settings.h"

namespace trireme::kserve {
namespace {

using Bytes = std::span<const std::byte>;

Result<std::string> Trace(const InferServices& services, const TraceControl& control, Bytes bytes) {
  ASSIGN_OR_RETURN(const GrpcTraceSettingRequest request, DecodeGrpcTraceSettingRequest(bytes));
  if (!request.model_name.empty()) {
    RETURN_IF_ERROR(services.engine.ModelReady(request.model_name, std::nullopt));
  }
  if (request.settings.empty()) return EncodeGrpcTraceSettings(control.Show(request.model_name));
  ASSIGN_OR_RETURN(const TraceSettingValues settings, control.Change(request.model_name, request.settings));
  return EncodeGrpcTraceSettings(settings);
}

// Of two changes at the same moment the later one may not see the other.
Result<std::string> Log(Logger& log, Bytes bytes) {
  ASSIGN_OR_RETURN(const GrpcLogSettingsRequest request, DecodeGrpcLogSettings(bytes, log.settings()));
  if (request.changes) log.Change(request.settings);
  return EncodeGrpcLogSettings(log.settings());
}

}  // namespace

void AddGrpcSettingsMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  constexpr int kModelName = 2;  // field of TraceSettingRequest
  methods.push_back(
      ColdMethod({.rpc = "TraceSetting", .operation = Operation::kServerControl, .model_field = kModelName},
                 [&services, control = TraceControl(services.tracer)](Bytes bytes, const Identity&) {
                   return Trace(services, control, bytes);
                 }));
  methods.push_back(ColdMethod({.rpc = "LogSettings", .operation = Operation::kServerControl},
                               [&log = services.log](Bytes bytes, const Identity&) { return Log(log, bytes); }));
}

}  // namespace trireme::kserve
