// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "table/batch.h"

namespace trireme::predict {

// The values of a column, copied to memory of its own: they wait until the model has answered for their rows.
// Not thread-safe.
class ColumnBuffer {
 public:
  explicit ColumnBuffer(table::ColumnType type) : type_(type) {}

  void Append(const table::ColumnView& from, size_t row);
  void AppendText(std::string_view text);

  // Keeps the rows for which `keep` is true, one for each of them.
  void Filter(const std::vector<bool>& keep);

  size_t rows() const { return rows_; }

  // What a checksum is made of: the values one behind the other, those that are not there as such.
  void AppendTo(std::string& bytes) const;

  // Valid until the next change.
  table::ColumnView View();

 private:
  void AppendValid(bool is_valid);

  table::ColumnType type_;
  size_t rows_ = 0;
  std::vector<std::byte> fixed_;   // of all types but kText
  std::deque<std::string> texts_;  // of kText
  std::vector<std::string_view> views_;
  std::vector<uint64_t> valid_;
};

}  // namespace trireme::predict
