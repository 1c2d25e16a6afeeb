// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/json_cursor.h"
#include "model/parameters.h"
#include "tensor/tensor.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/place.h"
#include "wire/kserve/proto_parameters.h"

namespace trireme::kserve {

inline constexpr std::string_view kSharedMemoryRegion = "shared_memory_region";
inline constexpr std::string_view kSharedMemoryByteSize = "shared_memory_byte_size";
inline constexpr std::string_view kSharedMemoryOffset = "shared_memory_offset";

// The parameters that put a tensor into shared memory, while they are read.
struct SharedMemoryFields {
  std::optional<std::string> region;
  std::optional<uint64_t> byte_size;
  std::optional<uint64_t> offset;

  bool given() const { return region || byte_size || offset; }
};

// Takes one of the parameters from a gRPC message, if it is one of them.
Status ReadSharedMemory(const ProtoParameter& parameter, const Place& parameters, SharedMemoryFields& fields);
// The same from JSON; nothing if it is none of them, and nothing has been read.
std::optional<Status> ReadSharedMemory(JsonCursor& json, std::string_view key, const Place& place,
                                       SharedMemoryFields& fields);

// The range they name together; given() must hold. `parameters` is where they stand. kInvalidArgument: one of them
// lacks the others, or the range ends beyond 2^63, where int64_param does.
Result<SharedMemoryRange> ToRange(SharedMemoryFields fields, const Place& parameters);

// kInvalidArgument unless a tensor of this type and shape takes exactly that much; of BYTES only its elements tell.
Status CheckSharedBytes(const SharedMemoryRange& range, DataType type, const Shape& shape, const Place& parameters);

// What is said of an output that is wanted in shared memory, and also in the form that another parameter asks for.
Status SharedMemoryAnd(std::string_view other, const Place& parameters);

// As they are written.
Parameters ToParameters(const SharedMemoryRange& range);

// Where an input lies, if it is in shared memory.
const SharedMemoryRange* FindSharedInput(const InferRequestMessage& message, size_t input);

}  // namespace trireme::kserve
