// SPDX-License-Identifier: Apache-2.0
#include "predict/column_buffer.h"

#include <gtest/gtest.h>

namespace trireme::predict {
namespace {

using table::ColumnType;
using table::ColumnView;

TEST(ColumnBuffer, KeepsTextsAndWhatIsNotThere) {
  const std::vector<std::string_view> texts = {"a", "b", ""};
  const uint64_t valid = 0b101;
  ColumnBuffer buffer(ColumnType::kText);
  const ColumnView from = {
      .type = ColumnType::kText, .values = texts.data(), .stride = sizeof(std::string_view), .valid = &valid};
  for (size_t row = 0; row < 3; ++row) buffer.Append(from, row);
  const ColumnView kept = buffer.View();
  EXPECT_EQ(kept.At<std::string_view>(0), "a");
  EXPECT_FALSE(kept.IsValid(1));
  EXPECT_TRUE(kept.IsValid(2));
}

TEST(ColumnBuffer, FiltersRows) {
  const std::vector<int64_t> numbers = {1, 2, 3};
  ColumnBuffer buffer(ColumnType::kInt64);
  const ColumnView from = {.type = ColumnType::kInt64, .values = numbers.data(), .stride = sizeof(int64_t)};
  for (size_t row = 0; row < 3; ++row) buffer.Append(from, row);
  buffer.Filter({true, false, true});
  ASSERT_EQ(buffer.rows(), 2u);
  EXPECT_EQ(buffer.View().At<int64_t>(1), 3);
}

TEST(ColumnBuffer, HasTheSameBytesHoweverItIsCut) {
  ColumnBuffer whole(ColumnType::kText), first(ColumnType::kText), second(ColumnType::kText);
  for (const char* text : {"a", "bc", "d"}) whole.AppendText(text);
  first.AppendText("a");
  for (const char* text : {"bc", "d"}) second.AppendText(text);
  std::string at_once, in_two;
  whole.AppendTo(at_once);
  first.AppendTo(in_two);
  second.AppendTo(in_two);
  EXPECT_EQ(at_once, in_two);
}

}  // namespace
}  // namespace trireme::predict
