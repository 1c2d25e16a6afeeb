// SPDX-License-Identifier: Apache-2.0
#include "predict/output_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::predict {
namespace {

using testing::HasSubstr;

NamedTensor Output(const std::string& name, DataType type, const Shape& shape, std::vector<std::byte> bytes) {
  return {name, {.type = type, .shape = shape, .data = Buffer::CopyOf(bytes)}};
}

template <typename T>
NamedTensor Of(const std::string& name, DataType type, const Shape& shape, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return Output(name, type, shape, {bytes.begin(), bytes.end()});
}

std::vector<NamedTensor> Answer() {
  return {Of<float>("score", DataType::kFp32, Shape({2, 1}), {0.5F, 1.5F}),
          Of<uint8_t>("classes", DataType::kUint8, Shape({2, 2}), {1, 2, 3, 255})};
}

std::vector<std::string> Names(const std::vector<table::Column>& columns) {
  std::vector<std::string> names;
  for (const table::Column& column : columns) names.push_back(column.name);
  return names;
}

TEST(OutputColumns, AreNamedAfterOutputsAndLabels) {
  const auto found = OutputColumns::Find(Answer(), 2, {}, {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(Names(found->columns()), (std::vector<std::string>{"score", "classes_0", "classes_1"}));
  const auto labelled = OutputColumns::Find(Answer(), 2, {{"classes", {"cat", "dog"}}}, {});
  EXPECT_EQ(Names(labelled->columns()), (std::vector<std::string>{"score", "classes_cat", "classes_dog"}));
}

TEST(OutputColumns, AreChosenByOutputOrColumn) {
  EXPECT_EQ(Names(OutputColumns::Find(Answer(), 2, {}, {"classes"})->columns()),
            (std::vector<std::string>{"classes_0", "classes_1"}));
  EXPECT_EQ(Names(OutputColumns::Find(Answer(), 2, {}, {"classes_1", "score"})->columns()),
            (std::vector<std::string>{"score", "classes_1"}));
  EXPECT_THAT(OutputColumns::Find(Answer(), 2, {}, {"scores"}).status().message(),
              HasSubstr("did you mean \"score\"?"));
}

TEST(OutputColumns, ViewTheAnswersElements) {
  const auto found = OutputColumns::Find(Answer(), 2, {}, {});
  const auto batch = found->ViewOf(Answer(), 2);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->columns[0].At<float>(1), 1.5F);
  EXPECT_EQ(batch->columns[1].At<int64_t>(1), 3);
  EXPECT_EQ(batch->columns[2].At<int64_t>(1), 255);
}

TEST(OutputColumns, RefuseAnswersOfAnotherKind) {
  const auto found = OutputColumns::Find(Answer(), 2, {}, {});
  std::vector<NamedTensor> other = Answer();
  other[1] = Of<uint8_t>("classes", DataType::kUint8, Shape({2, 1}), {1, 2});
  EXPECT_FALSE(found->ViewOf(std::move(other), 2).ok());
  EXPECT_THAT(
      OutputColumns::Find({Of<float>("sum", DataType::kFp32, Shape({3}), {1, 2, 3})}, 2, {}, {}).status().message(),
      HasSubstr("does not belong to 2 rows"));
}

}  // namespace
}  // namespace trireme::predict
