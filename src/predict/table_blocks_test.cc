// SPDX-License-Identifier: Apache-2.0
#include "predict/table_blocks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "table/testing/fake_tables.h"

namespace trireme::predict {
namespace {

using table::FakeSource;

std::vector<FakeSource::Row> Rows(int count) {
  std::vector<FakeSource::Row> rows;
  for (int i = 0; i < count; ++i)
    rows.push_back({std::to_string(i), std::to_string(i) + ".5", "id" + std::to_string(i)});
  return rows;
}

class TableBlocksTest : public testing::Test {
 protected:
  std::unique_ptr<BlockSource> Open(FakeSource& source, bool skip_bad_rows = false, bool missing_is_nan = false,
                                    bool empty_is_bad = false) {
    const TensorSpec input = {.name = "x", .type = DataType::kFp32, .shape = Shape({Shape::kAny, 2})};
    auto opened = TableBlocks::Open(source,
                                    {.plan = {.inputs = {{.spec = input, .columns = {"a", "b"}}}, .keep = {"id"}},
                                     .skip_bad_rows = skip_bad_rows,
                                     .missing_is_nan = missing_is_nan,
                                     .empty_is_bad = empty_is_bad},
                                    pool_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  MemoryPool pool_;
};

TEST_F(TableBlocksTest, CutsBatchesIntoBlocks) {
  FakeSource source({"a", "b", "id"}, Rows(10), 3);
  const auto blocks = Open(source);
  std::vector<int64_t> sizes;
  int64_t next = 0;
  while (true) {
    auto block = blocks->Next(4);
    ASSERT_TRUE(block.ok()) << block.status();
    if (!*block) break;
    sizes.push_back((*block)->rows);
    const Tensor& tensor = (*block)->inputs[0].tensor;
    EXPECT_EQ(tensor.shape, Shape({(*block)->rows, 2}));
    for (int64_t row = 0; row < (*block)->rows; ++row, ++next) {
      EXPECT_EQ(tensor.As<float>()[static_cast<size_t>(row) * 2 + 1], static_cast<float>(next) + 0.5F);
      EXPECT_EQ((*block)->kept[0].View().At<std::string_view>(static_cast<size_t>(row)), "id" + std::to_string(next));
    }
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{4, 4, 2}));
}

TEST_F(TableBlocksTest, ChecksumsAreOfTheRowsHoweverTheyAreCut) {
  FakeSource source({"a", "b", "id"}, Rows(12), 5);
  Checksums at_once = (*Open(source)->Next(12))->checksums;
  const auto blocks = Open(source);
  Checksums in_pieces;
  for (const int64_t rows : {1, 4, 7}) in_pieces = (*blocks->Next(rows))->checksums;
  EXPECT_EQ(at_once, in_pieces);
  FakeSource other({"a", "b", "id"}, Rows(11), 5);
  EXPECT_NE((*Open(other)->Next(12))->checksums, at_once);
}

TEST_F(TableBlocksTest, TheFirstBadRowIsAnError) {
  std::vector<FakeSource::Row> rows = Rows(6);
  rows[4][1] = "abc";
  FakeSource source({"a", "b", "id"}, rows, 4);
  const auto blocks = Open(source);
  ASSERT_TRUE(blocks->Next(3).ok());
  EXPECT_EQ(blocks->Next(3).status().message(), "row 5: column \"b\": expected FP32, found 'abc'");
}

TEST_F(TableBlocksTest, BadRowsAreTakenOut) {
  std::vector<FakeSource::Row> rows = Rows(6);
  rows[1][0] = std::nullopt;
  rows[4][1] = "abc";
  FakeSource source({"a", "b", "id"}, rows, 4);
  const auto block = **Open(source, true)->Next(10);
  EXPECT_EQ(block.rows_read, 6);
  EXPECT_EQ(block.rows, 4);
  EXPECT_EQ(block.numbers, (std::vector<int64_t>{0, 2, 3, 5}));
  ASSERT_EQ(block.bad.size(), 2u);
  EXPECT_EQ(block.bad[0].place, "row 2");
  EXPECT_EQ(block.bad[1].problem, "column \"b\": expected FP32, found 'abc'");
  EXPECT_EQ(block.inputs[0].tensor.As<float>()[3], 2.5F);
  EXPECT_EQ(block.kept[0].rows(), 4u);
}

TEST_F(TableBlocksTest, ARowOfNothingMayBeBad) {
  std::vector<FakeSource::Row> rows = Rows(4);
  rows[1] = {std::nullopt, std::nullopt, std::nullopt};
  rows[2] = {std::nullopt, std::nullopt, "id"};
  FakeSource source({"a", "b", "id"}, rows, 3);
  const auto block = **Open(source, true, true, true)->Next(10);
  ASSERT_EQ(block.bad.size(), 1u);
  EXPECT_EQ(block.bad[0].place, "row 2");
  EXPECT_EQ(block.bad[0].problem, "expected a JSON object with columns of the table, found none");
  EXPECT_EQ(block.rows, 3);
  EXPECT_EQ((**Open(source, true, true)->Next(10)).rows, 4);
}

TEST_F(TableBlocksTest, WhatIsNotThereMayBeNoNumber) {
  std::vector<FakeSource::Row> rows = Rows(2);
  rows[1][0] = std::nullopt;
  FakeSource source({"a", "b", "id"}, rows, 4);
  const auto block = **Open(source, false, true)->Next(10);
  EXPECT_TRUE(std::isnan(block.inputs[0].tensor.As<float>()[2]));
}

}  // namespace
}  // namespace trireme::predict
