// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::kserve {

// The messages of inference.GRPCInferenceService about shared memory, serialized. Requests are read as strictly as
// those of grpc_metadata.h. What a region may be called, how long it may be and so on is not looked at here.

// SystemSharedMemoryStatusRequest, SystemSharedMemoryUnregisterRequest and their CUDA sisters, which are written the
// same way; `message` names the one that is read. An empty name means all regions.
Result<std::string> DecodeGrpcRegionName(std::string_view message, std::span<const std::byte> bytes);

// SystemSharedMemoryRegisterRequest; its answer is empty, as those of the other requests that change something.
struct SystemRegionMessage {
  std::string name;
  std::string key;
  uint64_t offset = 0;
  uint64_t byte_size = 0;
};
Result<SystemRegionMessage> DecodeGrpcSystemRegister(std::span<const std::byte> bytes);

// SystemSharedMemoryStatusResponse.
std::string EncodeGrpcSystemStatus(std::span<const SystemRegionMessage> regions);

// CudaSharedMemoryRegisterRequest. kInvalidArgument: a device below 0.
struct CudaRegionMessage {
  std::string name;
  uint64_t device_id = 0;
  uint64_t byte_size = 0;
};
struct CudaRegisterMessage {
  CudaRegionMessage region;
  std::string raw_handle;  // bytes, as sent
};
Result<CudaRegisterMessage> DecodeGrpcCudaRegister(std::span<const std::byte> bytes);

// CudaSharedMemoryStatusResponse.
std::string EncodeGrpcCudaStatus(std::span<const CudaRegionMessage> regions);

}  // namespace trireme::kserve
