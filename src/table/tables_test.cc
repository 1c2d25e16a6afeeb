// SPDX-License-Identifier: Apache-2.0
#include "table/tables.h"

#include <gtest/gtest.h>

#include "table/plugin.h"

namespace trireme::table {
namespace {

TEST(FormatOf, GoesByTheEndWhateverItsCase) {
  EXPECT_EQ(FormatOf("a/b.CSV"), Format::kCsv);
  EXPECT_EQ(FormatOf("day-*.csv.gz"), Format::kCsv);
  EXPECT_EQ(FormatOf("x.jsonl"), Format::kJsonLines);
  EXPECT_EQ(FormatOf("x.parquet"), Format::kParquet);
  EXPECT_EQ(FormatOf("x.npy"), std::nullopt);
  EXPECT_EQ(FormatOf("csv"), std::nullopt);
}

TEST(ColumnView, FindsValuesByTheirStride) {
  const float matrix[6] = {1, 2, 3, 4, 5, 6};
  const uint64_t valid = 0b101;
  const ColumnView second = {
      .type = ColumnType::kFp32, .values = &matrix[1], .stride = 2 * sizeof(float), .valid = &valid};
  EXPECT_EQ(second.At<float>(2), 6);
  EXPECT_TRUE(second.IsValid(0));
  EXPECT_FALSE(second.IsValid(1));
}

TEST(OpenPlugin, SaysWhatIsMissing) {
  const auto opened = OpenPlugin("duckdb", "/nonexistent", {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(opened.status().message().find("libtrireme_duckdb.so"), std::string::npos) << opened.status();
  EXPECT_NE(opened.status().message().find("./dev build"), std::string::npos) << opened.status();
}

}  // namespace
}  // namespace trireme::table
