// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/kserve/grpc_shared_memory.h"

namespace trireme::kserve {

// The messages of REST about shared memory, in JSON; the region's name is in the path. What a region may be called, how
// long it may be and so on is not looked at here.

// POST /v2/systemsharedmemory/region/R/register: {"key", "offset" (0 if left out), "byte_size"}. `name` stays empty.
Result<SystemRegionMessage> DecodeSystemRegister(std::string_view text);

// POST /v2/cudasharedmemory/region/R/register: {"raw_handle": {"b64"}, "device_id", "byte_size"}.
Result<CudaRegisterMessage> DecodeCudaRegister(std::string_view text);

// GET .../status: an array, one object a region.
std::string EncodeSystemStatus(std::span<const SystemRegionMessage> regions);
std::string EncodeCudaStatus(std::span<const CudaRegionMessage> regions);

}  // namespace trireme::kserve
