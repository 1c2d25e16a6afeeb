// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/shared_memory_routes.h"

#include <string>
#include <string_view>
#include <utility>

#include "dialect/http_answer.h"
#include "protocols/kserve/cold_route.h"
#include "protocols/kserve/error_answer.h"
#include "wire/kserve/shared_memory_request.h"

namespace trireme::kserve {
namespace {

using Kind = SharedMemoryRegions::Kind;

net::HttpResponse EmptyOrError(const Status& status) {
  return status.ok() ? EmptyResponse() : ErrorResponse(status);
}

Result<std::string> SystemStatus(const SharedMemoryRegions& regions, const ColdRequest& request) {
  ASSIGN_OR_RETURN(const auto found, regions.SystemStatus(request.identity.principal, request.path.region));
  std::vector<SystemRegionMessage> messages;
  messages.reserve(found.size());
  for (const auto& region : found) {
    messages.push_back(
        {.name = region.name, .key = region.key, .offset = region.offset, .byte_size = region.byte_size});
  }
  return EncodeSystemStatus(messages);
}

Result<std::string> CudaStatus(const SharedMemoryRegions& regions, const ColdRequest& request) {
  ASSIGN_OR_RETURN(const auto found, regions.CudaStatus(request.identity.principal, request.path.region));
  std::vector<CudaRegionMessage> messages;
  messages.reserve(found.size());
  for (const auto& region : found) {
    messages.push_back({.name = region.name, .device_id = region.device_id, .byte_size = region.byte_size});
  }
  return EncodeCudaStatus(messages);
}

Status RegisterSystem(SharedMemoryRegions& regions, const ColdRequest& request) {
  ASSIGN_OR_RETURN(SystemRegionMessage message, DecodeSystemRegister(request.body));
  return regions.RegisterSystem(request.identity.principal, {.name = std::string(request.path.region),
                                                             .key = std::move(message.key),
                                                             .offset = message.offset,
                                                             .byte_size = message.byte_size});
}

Status RegisterCuda(SharedMemoryRegions& regions, const ColdRequest& request) {
  ASSIGN_OR_RETURN(const CudaRegisterMessage message, DecodeCudaRegister(request.body));
  return regions.RegisterCuda(request.identity.principal,
                              {.name = std::string(request.path.region),
                               .device_id = message.region.device_id,
                               .byte_size = message.region.byte_size},
                              std::as_bytes(std::span(message.raw_handle)));
}

// The five paths of a kind.
void AddKind(std::vector<Route>& routes, const InferServices& services, const std::string& prefix, Kind kind) {
  SharedMemoryRegions& regions = services.shared_memory;
  const std::string region = prefix + "/region/{region}";
  const auto add = [&](const char* method, const std::string& pattern, auto answer) {
    routes.push_back(ColdRoute(services, method, pattern, Operation::kSharedMemory, std::move(answer)));
  };
  const auto status = [&regions, kind](const ColdRequest& request) {
    Result<std::string> json = kind == Kind::kSystem ? SystemStatus(regions, request) : CudaStatus(regions, request);
    return json.ok() ? JsonAnswer(*std::move(json)) : ErrorResponse(json.status());
  };
  add("GET", prefix + "/status", status);
  add("GET", region + "/status", status);
  add("POST", region + "/register", [&regions, kind](const ColdRequest& request) {
    return EmptyOrError(kind == Kind::kSystem ? RegisterSystem(regions, request) : RegisterCuda(regions, request));
  });
  add("POST", region + "/unregister", [&regions, kind](const ColdRequest& request) {
    return EmptyOrError(regions.Unregister(request.identity.principal, kind, request.path.region));
  });
  add("POST", prefix + "/unregister", [&regions, kind](const ColdRequest& request) {
    regions.UnregisterAll(request.identity.principal, kind);
    return EmptyResponse();
  });
}

}  // namespace

void AddSharedMemoryRoutes(std::vector<Route>& routes, const InferServices& services) {
  AddKind(routes, services, "/v2/systemsharedmemory", Kind::kSystem);
  AddKind(routes, services, "/v2/cudasharedmemory", Kind::kCuda);
}

}  // namespace trireme::kserve
