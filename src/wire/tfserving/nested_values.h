// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "codec/json_cursor.h"
#include "model/signature.h"
#include "tensor/tensor.h"

namespace trireme::tfserving {

// What a piece of JSON is said to be in a message: the value as it was sent, cut after 256 bytes. "the rest of the
// document" where there is no whole value.
std::string ValueText(JsonCursor at_value);

// A cursor's failure in TF Serving's words.
Status NoJson(const JsonCursor& json);

// The value of one input while it is read from JSON, straight into memory for it. Its shape is nobody's to know before:
// arrays in arrays are as deep, and as long at each depth, as the first ones are.
//
// Strings are texts or {"b64": "..."}. Integers must fit the type, floating numbers are rounded to it; NaN, Infinity
// and -Infinity count as numbers. Memory grows with what was read, and is never more than what the text that is left
// could fill.
class NestedValues {
 public:
  // Both must outlive it.
  NestedValues(const TensorSpec& input, MemoryPool& pool);
  ~NestedValues();
  NestedValues(NestedValues&&) noexcept;

  // The next value is all of it.
  Status ReadWhole(JsonCursor& json);
  // It is an array of rows, all of one shape; a message says in which row something is wrong.
  Status ReadRows(JsonCursor& json);
  // It is one more row. Instead of these two.
  Status ReadRow(JsonCursor& json);
  int64_t rows() const { return rows_; }

  // Once, at the end.
  Tensor Take();

 private:
  class Elements;
  template <typename T>
  class Numbers;
  class Bools;
  template <uint16_t (*kNarrow)(double), float (*kWiden)(uint16_t)>
  class SmallFloats;
  class Strings;
  static std::unique_ptr<Elements> MakeElements(const TensorSpec& input, MemoryPool& pool);

  // What was found of one value's shape.
  struct Found {
    std::array<int64_t, Shape::kMaxRank> dims = Unknown();
    int rank = -1;  // not known yet

    static std::array<int64_t, Shape::kMaxRank> Unknown() {
      std::array<int64_t, Shape::kMaxRank> dims{};
      dims.fill(-1);
      return dims;
    }
    Shape shape() const;
  };

  Status ReadValue(JsonCursor& json, size_t level);
  Status ReadScalar(JsonCursor& json, size_t level);
  Status ReadLeaf(JsonCursor& json, size_t level, size_t offset);
  Status ReadElementRows(JsonCursor& json, size_t offset);
  Status CheckSize(size_t level, int64_t size);
  Status WhyNot(JsonCursor at_value, const Status& failure) const;

  const TensorSpec& input_;
  std::unique_ptr<Elements> elements_;
  Found found_;  // of the value that is read
  Shape row_;    // of the first row
  int64_t rows_ = -1;
};

}  // namespace trireme::tfserving
