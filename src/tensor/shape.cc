// SPDX-License-Identifier: Apache-2.0
#include "tensor/shape.h"

#include <algorithm>

#include "base/check.h"

namespace trireme {

Shape::Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const int64_t> dims) : rank_(dims.size()) {
  CHECK(dims.size() <= kMaxRank);
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

bool Shape::Append(int64_t dim) {
  if (rank_ == kMaxRank) return false;
  dims_[rank_++] = dim;
  return true;
}

Shape Shape::Inner() const {
  CHECK(rank_ > 0);
  return Shape(dims().subspan(1));
}

Shape Shape::WithRows(int64_t rows) const {
  Shape result{rows};
  for (const int64_t dim : dims()) CHECK(result.Append(dim));
  return result;
}

std::optional<int64_t> Shape::ElementCount() const {
  int64_t count = 1;
  bool negative = false;
  bool zero = false;
  bool overflow = false;
  for (const int64_t dim : dims()) {
    negative |= dim < 0;
    zero |= dim == 0;
    overflow |= __builtin_mul_overflow(count, dim, &count);
  }
  if (negative || (overflow && !zero)) return std::nullopt;
  return zero ? 0 : count;
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (size_t i = 0; i < rank_; ++i) {
    if (i > 0) text += ',';
    text += std::to_string(dims_[i]);
  }
  return text + "]";
}

bool Shape::Accepts(const Shape& actual) const {
  if (rank_ != actual.rank_) return false;
  for (size_t i = 0; i < rank_; ++i) {
    if (dims_[i] != kAny && dims_[i] != actual.dims_[i]) return false;
  }
  return true;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.ToString();
}

}  // namespace trireme
