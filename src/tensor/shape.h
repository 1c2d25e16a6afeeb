// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <span>
#include <string>

namespace trireme {

// The dimensions of a tensor, outermost first. In a signature -1 stands for "any size"; in a tensor none is negative.
// Rank 0 is a scalar. A value without allocation, so its rank is bounded.
class Shape {
 public:
  static constexpr size_t kMaxRank = 16;
  static constexpr int64_t kAny = -1;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims);  // at most kMaxRank, else a bug
  explicit Shape(std::span<const int64_t> dims);

  size_t rank() const { return rank_; }
  int64_t operator[](size_t i) const { return dims_[i]; }
  int64_t& operator[](size_t i) { return dims_[i]; }
  std::span<const int64_t> dims() const { return {dims_.data(), rank_}; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }

  // False if the rank is at its bound: outside input is asked this way.
  bool Append(int64_t dim);

  // Without the outermost dimension. The rank must not be 0.
  Shape Inner() const;
  // With `rows` as a new outermost dimension. The rank must be below its bound.
  Shape WithRows(int64_t rows) const;

  // The product of the dimensions (1 for a scalar); nothing if one is negative or the product does not fit in 63 bits.
  // A zero makes it 0 even beside huge ones.
  std::optional<int64_t> ElementCount() const;

  // "[1,3,224,224]"
  std::string ToString() const;

  // Whether a tensor of shape `actual` fits this shape of a signature.
  bool Accepts(const Shape& actual) const;

  bool operator==(const Shape& other) const;

 private:
  std::array<int64_t, kMaxRank> dims_{};
  size_t rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace trireme
