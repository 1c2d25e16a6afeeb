// SPDX-License-Identifier: Apache-2.0
#include "model/reshape.h"

#include <algorithm>

namespace trireme {

std::optional<Shape> Reshaped(const Shape& from, const Shape& to, const Shape& actual) {
  if (!from.Accepts(actual)) return std::nullopt;
  if (std::ranges::count(from, Shape::kAny) != std::ranges::count(to, Shape::kAny)) return std::nullopt;
  Shape result = to;
  size_t place = 0;
  for (size_t i = 0; i < from.rank(); ++i) {
    if (from[i] != Shape::kAny) continue;
    while (to[place] != Shape::kAny) ++place;
    result[place++] = actual[i];
  }
  const std::optional<int64_t> elements = actual.ElementCount();
  if (!elements || result.ElementCount() != elements) return std::nullopt;
  return result;
}

}  // namespace trireme
