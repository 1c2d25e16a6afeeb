// SPDX-License-Identifier: Apache-2.0
#include "predict/journal.h"

#include <gtest/gtest.h>

namespace trireme::predict {
namespace {

Milestone Some(int64_t rows) {
  return {.rows_read = rows,
          .rows_written = rows - 1,
          .bytes = 120,
          .parts = 2,
          .checksums = {1, 0xFFFFFFFF},
          .bad_count = 1,
          .first_bad = {{.place = "row 3", .problem = "column \"x\": 'ü'"}}};
}

TEST(Journal, TellsTheLastMilestone) {
  const std::string text = HeadLine({{"--keep", "id"}}) + MilestoneLine(Some(5), 0) + MilestoneLine(Some(9), 1);
  const auto read = ReadJournal(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->identity, (Identity{{"--keep", "id"}}));
  ASSERT_TRUE(read->milestone);
  EXPECT_EQ(read->milestone->rows_read, 9);
  EXPECT_EQ(read->milestone->rows_written, 8);
  EXPECT_EQ(read->milestone->bytes, 120u);
  EXPECT_EQ(read->milestone->parts, 2);
  EXPECT_EQ(read->milestone->checksums, (Checksums{1, 0xFFFFFFFF}));
  EXPECT_EQ(read->milestone->first_bad[0].problem, "column \"x\": 'ü'");
  EXPECT_EQ(read->bytes, text.size());
}

TEST(Journal, EachLineHasTheBadRowsSinceTheLast) {
  Milestone more = Some(9);
  more.first_bad.push_back({.place = "row 7", .problem = "x"});
  const std::string text = HeadLine({}) + MilestoneLine(Some(5), 0) + MilestoneLine(more, 1);
  const auto read = ReadJournal(text);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->milestone->first_bad.size(), 2u);
  EXPECT_EQ(read->milestone->first_bad[0].place, "row 3");
  EXPECT_EQ(read->milestone->first_bad[1].place, "row 7");
}

TEST(Journal, ALineThatWasCutOffIsNone) {
  const std::string whole = HeadLine({}) + MilestoneLine(Some(5), 0);
  for (const std::string& torn : {std::string("{\"rows_read\":7"), MilestoneLine(Some(9), 0).substr(0, 20) + "\n"}) {
    const auto read = ReadJournal(whole + torn);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->milestone->rows_read, 5);
    EXPECT_EQ(read->bytes, whole.size());
  }
}

TEST(Journal, TellsTheFileOfAllRows) {
  const std::string text = HeadLine({}) + MilestoneLine(Some(5), 0) + ReadyLine("lines");
  EXPECT_EQ(ReadJournal(text)->ready, "lines");
  EXPECT_EQ(ReadJournal(text)->milestone->rows_read, 5);
  EXPECT_EQ(ReadJournal(text)->bytes, text.size());
  EXPECT_EQ(ReadJournal(text + MilestoneLine(Some(9), 1))->ready, "");
  for (const char* other : {"../lines", "", "/etc/passwd"})
    EXPECT_EQ(ReadJournal(HeadLine({}) + ReadyLine(other))->ready, "");
}

TEST(Journal, OtherFilesAreNone) {
  for (const char* text : {"", "\n", "{}\n", "{\"trireme_predict\":2,\"identity\":{}}\n", "[1]\n", "null\n"}) {
    EXPECT_EQ(ReadJournal(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(Journal, SaysWhatTwoRunsDifferIn) {
  EXPECT_EQ(Difference({{"--keep", "id"}, {"--limit", ""}}, {{"--keep", "id,x"}, {"--limit", ""}}),
            "--keep was 'id', is 'id,x'");
}

}  // namespace
}  // namespace trireme::predict
