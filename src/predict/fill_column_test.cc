// SPDX-License-Identifier: Apache-2.0
#include "predict/fill_column.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::predict {
namespace {

using table::ColumnType;
using table::ColumnView;

template <typename T>
ColumnView View(ColumnType type, const std::vector<T>& values) {
  return {.type = type, .values = values.data(), .stride = sizeof(T), .valid = nullptr};
}

// Elements of one type, and what was wrong with which row.
template <typename T>
struct Filled {
  std::vector<T> elements;
  std::vector<std::string> bad;
};

template <typename T>
Filled<T> Fill(DataType type, const ColumnView& column, size_t rows, bool missing_is_nan = false) {
  Filled<T> filled;
  filled.elements.resize(rows * 2);
  FillColumn(column, 0, rows,
             {.type = type, .first = reinterpret_cast<std::byte*>(filled.elements.data() + 1), .stride = 2 * sizeof(T)},
             missing_is_nan, [&](size_t row, const std::string& problem) {
               filled.bad.push_back(std::to_string(row) + " " + problem);
             });
  return filled;
}

TEST(FillColumn, WritesOneElementOfEachRow) {
  const auto filled = Fill<float>(DataType::kFp32, View<double>(ColumnType::kFp64, {1.5, -2}), 2);
  EXPECT_EQ(filled.elements, (std::vector<float>{0, 1.5F, 0, -2}));
  EXPECT_TRUE(filled.bad.empty());
}

TEST(FillColumn, KeepsWhatNoNumberIsInFloatingTypes) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto filled = Fill<float>(DataType::kFp32, View<double>(ColumnType::kFp64, {inf, std::nan("")}), 2);
  EXPECT_TRUE(filled.bad.empty());
  EXPECT_TRUE(std::isinf(filled.elements[1]));
  EXPECT_TRUE(std::isnan(filled.elements[3]));
}

TEST(FillColumn, SaysWhatDoesNotFit) {
  EXPECT_EQ(Fill<float>(DataType::kFp32, View<double>(ColumnType::kFp64, {1, 1e300}), 2).bad,
            std::vector<std::string>{"1 expected FP32, found '1e+300'"});
  EXPECT_EQ(Fill<uint8_t>(DataType::kUint8, View<int64_t>(ColumnType::kInt64, {255, 256, -1}), 3).bad,
            (std::vector<std::string>{"1 expected UINT8, found '256'", "2 expected UINT8, found '-1'"}));
  EXPECT_EQ(
      Fill<int64_t>(DataType::kInt64, View<double>(ColumnType::kFp64, {2, 1.5, 9223372036854775808.0}), 3).bad,
      (std::vector<std::string>{"1 expected INT64, found '1.5'", "2 expected INT64, found '9223372036854775808'"}));
  EXPECT_EQ(Fill<int64_t>(DataType::kInt64, View<uint64_t>(ColumnType::kUint64, {1, uint64_t{1} << 63}), 2).bad.size(),
            1u);
  EXPECT_EQ(Fill<uint8_t>(DataType::kBool, View<int64_t>(ColumnType::kInt64, {0, 1, 2}), 3).bad.size(), 1u);
}

TEST(FillColumn, ReadsNumbersFromText) {
  const std::vector<std::string_view> texts = {"1.5", " 2 ", "abc", "", "0x10", "1e2", "1.5x"};
  const auto filled = Fill<double>(DataType::kFp64, View(ColumnType::kText, texts), texts.size());
  EXPECT_EQ(filled.elements[1], 1.5);
  EXPECT_EQ(filled.elements[3], 2);
  EXPECT_EQ(filled.elements[11], 100);
  EXPECT_EQ(filled.bad, (std::vector<std::string>{"2 expected FP64, found 'abc'", "3 expected FP64, found ''",
                                                  "4 expected FP64, found '0x10'", "6 expected FP64, found '1.5x'"}));
}

TEST(FillColumn, WholeNumbersFromTextAreExact) {
  const std::vector<std::string_view> texts = {"9007199254740993", "3.0", "3.5", "9223372036854775808", "1e18"};
  const auto filled = Fill<int64_t>(DataType::kInt64, View(ColumnType::kText, texts), texts.size());
  EXPECT_EQ(filled.elements[1], 9007199254740993);
  EXPECT_EQ(filled.elements[3], 3);
  EXPECT_EQ(filled.bad.size(), 3u);
}

TEST(FillColumn, WhatIsNotThereIsBadOrNoNumber) {
  const std::vector<double> values = {1, 2};
  const uint64_t valid = 0b01;
  ColumnView column = View(ColumnType::kFp64, values);
  column.valid = &valid;
  EXPECT_EQ(Fill<float>(DataType::kFp32, column, 2).bad, std::vector<std::string>{"1 expected FP32, found nothing"});
  EXPECT_TRUE(std::isnan(Fill<float>(DataType::kFp32, column, 2, true).elements[3]));
  EXPECT_EQ(Fill<int32_t>(DataType::kInt32, column, 2, true).bad.size(), 1u);
}

}  // namespace
}  // namespace trireme::predict
