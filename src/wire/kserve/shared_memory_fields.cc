// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/shared_memory_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "wire/kserve/fields.h"

namespace trireme::kserve {

Status ReadSharedMemory(const ProtoParameter& parameter, const Place& parameters, SharedMemoryFields& fields) {
  const Place place(parameter.key, &parameters);
  if (parameter.key == kSharedMemoryRegion) return WantString(parameter.value, place, fields.region.emplace());
  if (parameter.key == kSharedMemoryByteSize) return WantInt64(parameter.value, place, 0, fields.byte_size.emplace());
  if (parameter.key == kSharedMemoryOffset) return WantInt64(parameter.value, place, 0, fields.offset.emplace());
  return {};
}

std::optional<Status> ReadSharedMemory(JsonCursor& json, std::string_view key, const Place& place,
                                       SharedMemoryFields& fields) {
  if (key == kSharedMemoryRegion) return ReadField(json, place, fields.region);
  if (key == kSharedMemoryByteSize) return ReadField(json, place, fields.byte_size);
  if (key == kSharedMemoryOffset) return ReadField(json, place, fields.offset);
  return std::nullopt;
}

Result<SharedMemoryRange> ToRange(SharedMemoryFields fields, const Place& parameters) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const Place region(kSharedMemoryRegion, &parameters);
  const Place byte_size(kSharedMemoryByteSize, &parameters);
  if (!fields.region) return region.Wrong("the name of a region beside its size and offset", "nothing");
  if (fields.region->empty()) return region.Wrong("the name of a region", "an empty string");
  if (fields.region->size() > kMaxNameBytes) return NameTooLong(region, *fields.region);
  if (!fields.byte_size) return byte_size.Wrong("how many bytes of the region, beside its name", "nothing");
  SharedMemoryRange range{
      .region = *std::move(fields.region), .offset = fields.offset.value_or(0), .byte_size = *fields.byte_size};
  if (range.byte_size > kMost || range.offset > kMost - range.byte_size) {
    return byte_size.Wrong("a range that ends below 2^63", std::to_string(range.byte_size) + " bytes from byte " +
                                                               std::to_string(range.offset) + " on");
  }
  return range;
}

Status CheckSharedBytes(const SharedMemoryRange& range, DataType type, const Shape& shape, const Place& parameters) {
  const std::optional<size_t> expected = ByteSize(type, shape);
  if (type == DataType::kBytes || expected == range.byte_size) return {};
  return Place(kSharedMemoryByteSize, &parameters)
      .Wrong((expected ? std::to_string(*expected) : "more than 2^63") + " for " + std::string(Name(type)) + " " +
                 shape.ToString(),
             std::to_string(range.byte_size));
}

Status SharedMemoryAnd(std::string_view other, const Place& parameters) {
  return parameters.Wrong("either 'shared_memory_region' or '" + std::string(other) + "'", "both");
}

Parameters ToParameters(const SharedMemoryRange& range) {
  Parameters parameters{{std::string(kSharedMemoryRegion), range.region},
                        {std::string(kSharedMemoryByteSize), static_cast<int64_t>(range.byte_size)}};
  if (range.offset > 0) parameters.emplace_back(kSharedMemoryOffset, static_cast<int64_t>(range.offset));
  return parameters;
}

const SharedMemoryRange* FindSharedInput(const InferRequestMessage& message, size_t input) {
  const auto found = std::find_if(message.shared_inputs.begin(), message.shared_inputs.end(),
                                  [&](const SharedInput& shared) { return shared.input == input; });
  return found == message.shared_inputs.end() ? nullptr : &found->range;
}

}  // namespace trireme::kserve
