// SPDX-License-Identifier: Apache-2.0
#include "repository/reshape_rule.h"

#include <algorithm>
#include <optional>

namespace trireme {
namespace {

auto FreeDims(const Shape& shape) {
  return std::count(shape.begin(), shape.end(), Shape::kAny);
}

std::optional<int64_t> FixedElements(const Shape& shape) {
  Shape fixed = shape;
  for (size_t i = 0; i < fixed.rank(); ++i) fixed[i] = fixed[i] == Shape::kAny ? 1 : fixed[i];
  return fixed.ElementCount();
}

}  // namespace

std::string ReshapeProblem(const Shape& dims, const Shape& reshape) {
  if (FreeDims(dims) != FreeDims(reshape)) {
    return std::to_string(FreeDims(reshape)) + " free dimensions, where dims have " + std::to_string(FreeDims(dims));
  }
  const std::optional<int64_t> from = FixedElements(dims);
  const std::optional<int64_t> to = FixedElements(reshape);
  if (!from || !to) return "more elements than can be counted";
  if (*from != *to) return std::to_string(*to) + " elements, where dims have " + std::to_string(*from);
  return "";
}

}  // namespace trireme
