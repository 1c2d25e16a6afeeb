// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include "base/check.h"

namespace trireme {

std::optional<size_t> ByteSize(DataType type, const Shape& shape) {
  const std::optional<int64_t> count = shape.ElementCount();
  size_t bytes = 0;
  if (type == DataType::kBytes || !count) return std::nullopt;
  if (__builtin_mul_overflow(static_cast<size_t>(*count), ElementBytes(type), &bytes)) return std::nullopt;
  return bytes;
}

Tensor MakeTensor(MemoryPool& pool, DataType type, const Shape& shape) {
  const std::optional<size_t> bytes = ByteSize(type, shape);
  CHECK(bytes.has_value());
  return {.type = type, .shape = shape, .data = Buffer::Take(pool, *bytes)};
}

bool IsAligned(DataType type, const std::byte* data) {
  const size_t alignment = ElementBytes(type);
  return alignment == 0 || reinterpret_cast<uintptr_t>(data) % alignment == 0;
}

}  // namespace trireme
