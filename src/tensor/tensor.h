// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tensor/buffer.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// An element type, a shape and the elements: row-major, little-endian, no padding, aligned to the element (at least).
//
// BYTES elements lie one behind the other, each as a 4-byte little-endian length and its bytes: V2's binary form
// ("Binary Tensor Data" of the Open Inference Protocol's binary extension). So they travel without conversion, and the
// row boundaries of such a tensor are found by walking (tensor/bytes_elements.h).
//
// A value whose copies share the elements.
struct Tensor {
  DataType type = DataType::kFp32;
  Shape shape;
  Buffer data;

  // Valid only for host memory and the matching type.
  template <typename T>
  std::span<const T> As() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <typename T>
  std::span<T> MutableAs() {
    return {reinterpret_cast<T*>(data.mutable_data()), data.size() / sizeof(T)};
  }
};

// Bytes that elements of this type and shape take, with checked arithmetic; nothing if the count overflows or a
// dimension is negative, or for BYTES.
std::optional<size_t> ByteSize(DataType type, const Shape& shape);

// A tensor of fresh elements from the pool. The shape must have a byte size.
Tensor MakeTensor(MemoryPool& pool, DataType type, const Shape& shape);

// Whether `data` can be read as elements of this type: alignment.
bool IsAligned(DataType type, const std::byte* data);

}  // namespace trireme
