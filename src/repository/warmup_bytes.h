// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// That all inputs of a warm-up sample may have together, in all rows.
inline constexpr int64_t kMaxWarmupBytes = int64_t{256} << 20;

// What an input takes with so many rows of these dims, at least; nothing if that is more than kMaxWarmupBytes. An
// element of BYTES counts with what a runtime keeps for a short one.
inline std::optional<int64_t> WarmupBytes(DataType type, const Shape& dims, int64_t rows) {
  constexpr int64_t kTextElementBytes = 32;
  const int64_t element = type == DataType::kBytes ? kTextElementBytes : static_cast<int64_t>(ElementBytes(type));
  const std::optional<int64_t> elements = dims.ElementCount();
  int64_t bytes = 0;
  if (!elements || __builtin_mul_overflow(*elements, element, &bytes)) return std::nullopt;
  if (__builtin_mul_overflow(bytes, std::max<int64_t>(1, rows), &bytes) || bytes > kMaxWarmupBytes) return std::nullopt;
  return bytes;
}

}  // namespace trireme
