// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/known_elements.h"

#include <algorithm>

#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

int64_t Apply(std::string_view op, int64_t a, int64_t b) {
  int64_t result = kOpenElement;
  if (a == kOpenElement || b == kOpenElement) return kOpenElement;
  if (op == "Add") return __builtin_add_overflow(a, b, &result) ? kOpenElement : result;
  if (op == "Sub") return __builtin_sub_overflow(a, b, &result) ? kOpenElement : result;
  if (op == "Mul") return __builtin_mul_overflow(a, b, &result) ? kOpenElement : result;
  if (op == "Max") return std::max(a, b);
  if (op == "Min") return std::min(a, b);
  if (b == 0 || b == -1) return kOpenElement;
  if (op == "Div") return a / b;
  if (op == "FloorDiv") return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
  return kOpenElement;
}

bool IsIndex(ElementType type) {
  return type == ElementType::kInt32 || type == ElementType::kInt64;
}

}  // namespace

std::optional<std::vector<int64_t>> KnownBinary(std::string_view op, const Value& a, const Value& b) {
  if (!a.known || !b.known || !IsIndex(a.type) || a.rank().value_or(2) > 1 || b.rank().value_or(2) > 1) {
    return std::nullopt;
  }
  const size_t most = std::max(a.known->size(), b.known->size());
  if ((a.known->size() != most && a.known->size() != 1) || (b.known->size() != most && b.known->size() != 1)) {
    return std::nullopt;
  }
  std::vector<int64_t> elements;
  for (size_t i = 0; i < most; ++i) {
    elements.push_back(Apply(op, (*a.known)[a.known->size() == 1 ? 0 : i], (*b.known)[b.known->size() == 1 ? 0 : i]));
  }
  return elements;
}

std::vector<int64_t> KnownShape(const Dims& dims) {
  std::vector<int64_t> elements = dims;
  std::replace(elements.begin(), elements.end(), kAnySize, kOpenElement);
  return elements;
}

Dims DimsOf(const std::vector<int64_t>& elements) {
  Dims dims = elements;
  for (int64_t& dim : dims) {
    if (dim < 0 || dim > kMostDim) dim = kAnySize;
  }
  return dims;
}

std::optional<Dims> ShapeIn(const Value& value) {
  const auto most = static_cast<int64_t>(Shape::kMaxRank);
  if (value.known && std::ssize(*value.known) <= most) return DimsOf(*value.known);
  if (value.rank() != 1 || value.dims->front() < 0 || value.dims->front() > most) return std::nullopt;
  return Dims(static_cast<size_t>(value.dims->front()), kAnySize);
}

}  // namespace trireme::tensorflow
