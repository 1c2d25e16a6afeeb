// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_shared_memory_methods.h"

#include <string>
#include <utility>

#include "protocols/kserve/grpc_cold_method.h"
#include "wire/kserve/grpc_shared_memory.h"

namespace trireme::kserve {
namespace {

using Kind = SharedMemoryRegions::Kind;
using Bytes = std::span<const std::byte>;

Result<std::string> SystemStatus(const SharedMemoryRegions& regions, Bytes bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(const std::string name, DecodeGrpcRegionName("SystemSharedMemoryStatusRequest", bytes));
  ASSIGN_OR_RETURN(const auto found, regions.SystemStatus(identity.principal, name));
  std::vector<SystemRegionMessage> messages;
  messages.reserve(found.size());
  for (const auto& region : found) {
    messages.push_back(
        {.name = region.name, .key = region.key, .offset = region.offset, .byte_size = region.byte_size});
  }
  return EncodeGrpcSystemStatus(messages);
}

Result<std::string> CudaStatus(const SharedMemoryRegions& regions, Bytes bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(const std::string name, DecodeGrpcRegionName("CudaSharedMemoryStatusRequest", bytes));
  ASSIGN_OR_RETURN(const auto found, regions.CudaStatus(identity.principal, name));
  std::vector<CudaRegionMessage> messages;
  messages.reserve(found.size());
  for (const auto& region : found) {
    messages.push_back({.name = region.name, .device_id = region.device_id, .byte_size = region.byte_size});
  }
  return EncodeGrpcCudaStatus(messages);
}

// The answers of those that change something are empty.

Result<std::string> RegisterSystem(SharedMemoryRegions& regions, Bytes bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(SystemRegionMessage message, DecodeGrpcSystemRegister(bytes));
  RETURN_IF_ERROR(regions.RegisterSystem(identity.principal, {.name = std::move(message.name),
                                                              .key = std::move(message.key),
                                                              .offset = message.offset,
                                                              .byte_size = message.byte_size}));
  return std::string();
}

Result<std::string> RegisterCuda(SharedMemoryRegions& regions, Bytes bytes, const Identity& identity) {
  ASSIGN_OR_RETURN(CudaRegisterMessage message, DecodeGrpcCudaRegister(bytes));
  RETURN_IF_ERROR(regions.RegisterCuda(identity.principal,
                                       {.name = std::move(message.region.name),
                                        .device_id = message.region.device_id,
                                        .byte_size = message.region.byte_size},
                                       std::as_bytes(std::span(message.raw_handle))));
  return std::string();
}

ColdAnswer Unregister(SharedMemoryRegions& regions, Kind kind, std::string_view message) {
  return [&regions, kind, message](Bytes bytes, const Identity& identity) -> Result<std::string> {
    ASSIGN_OR_RETURN(const std::string name, DecodeGrpcRegionName(message, bytes));
    if (name.empty()) {
      regions.UnregisterAll(identity.principal, kind);
    } else {
      RETURN_IF_ERROR(regions.Unregister(identity.principal, kind, name));
    }
    return std::string();
  };
}

}  // namespace

void AddGrpcSharedMemoryMethods(std::vector<GrpcMethod>& methods, const InferServices& services) {
  SharedMemoryRegions& regions = services.shared_memory;
  // Mapping memory waits for the kernel, sometimes for a driver.
  const auto add = [&](std::string_view rpc, ColdAnswer answer) {
    methods.push_back(SlowColdMethod(services, {.rpc = rpc, .operation = Operation::kSharedMemory}, std::move(answer)));
  };
  const auto with = [&regions](auto answer) {
    return [&regions, answer](Bytes bytes, const Identity& identity) { return answer(regions, bytes, identity); };
  };
  add("SystemSharedMemoryStatus", with(SystemStatus));
  add("SystemSharedMemoryRegister", with(RegisterSystem));
  add("SystemSharedMemoryUnregister", Unregister(regions, Kind::kSystem, "SystemSharedMemoryUnregisterRequest"));
  add("CudaSharedMemoryStatus", with(CudaStatus));
  add("CudaSharedMemoryRegister", with(RegisterCuda));
  add("CudaSharedMemoryUnregister", Unregister(regions, Kind::kCuda, "CudaSharedMemoryUnregisterRequest"));
}

}  // namespace trireme::kserve
