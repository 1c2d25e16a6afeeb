// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace trireme::table {

// What the values of a column are to this program. Types that a plug-in knows besides these come as one of them:
// smaller numbers as the next larger kind, decimals as kFp64, dates and all else as kText.
enum class ColumnType : uint8_t {
  kBool,    // uint8_t, 0 or 1
  kInt64,   // int64_t
  kUint64,  // uint64_t
  kFp32,    // float
  kFp64,    // double
  kText,    // std::string_view, UTF-8
};

// "INT64", as the data types of tensors are spelled; "TEXT".
const char* Name(ColumnType type);

// Bytes from one value to the next in a column without gaps.
size_t ValueBytes(ColumnType type);

struct Column {
  std::string name;
  ColumnType type = ColumnType::kText;
  std::string native;  // the source's own word for the type, for people: "DECIMAL(18,3)"; empty: it has none
};

// The values of one column of a batch.
struct ColumnView {
  ColumnType type = ColumnType::kText;
  const void* values = nullptr;
  size_t stride = 0;                // bytes from one value to the next
  const uint64_t* valid = nullptr;  // a bit a row, 1: there is a value; null: there is one in every row

  bool IsValid(size_t row) const { return valid == nullptr || ((valid[row / 64] >> (row % 64)) & 1) != 0; }

  // Of the matching type.
  template <typename T>
  const T& At(size_t row) const {
    return *reinterpret_cast<const T*>(static_cast<const std::byte*>(values) + row * stride);
  }
};

// Some rows of a table, column by column. A value whose copies share the memory.
struct Batch {
  size_t rows = 0;
  std::vector<ColumnView> columns;
  std::shared_ptr<const void> keep_alive;  // what the views view; shared by copies
};

}  // namespace trireme::table
