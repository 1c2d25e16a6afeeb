// SPDX-License-Identifier: Apache-2.0
#include "tensor/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme {
namespace {

using testing::ElementsAre;

Tensor Ints(const Shape& shape, const std::vector<int32_t>& values) {
  return {.type = DataType::kInt32, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

Tensor Strings(const Shape& shape, std::initializer_list<std::string_view> values) {
  std::vector<std::byte> data;
  for (const std::string_view value : values) AppendBytesElement(data, value);
  return {.type = DataType::kBytes, .shape = shape, .data = Buffer::CopyOf(data)};
}

std::vector<int32_t> Values(const Tensor& tensor) {
  const auto values = tensor.As<int32_t>();
  return {values.begin(), values.end()};
}

std::vector<std::string_view> Words(const Tensor& tensor) {
  std::vector<std::string_view> words;
  BytesReader reader(tensor.data.bytes());
  while (const auto word = reader.Next()) words.push_back(*word);
  return words;
}

class RowsTest : public testing::Test {
 protected:
  Tensor Join(const std::vector<Tensor>& parts) {
    std::vector<const Tensor*> pointers;
    for (const Tensor& part : parts) pointers.push_back(&part);
    return JoinRows(pointers, pool_);
  }

  MemoryPool pool_;
};

TEST_F(RowsTest, JoinsPartsInTheirOrder) {
  const Tensor joined = Join({Ints({1, 2}, {1, 2}), Ints({2, 2}, {3, 4, 5, 6})});
  EXPECT_EQ(joined.shape, Shape({3, 2}));
  EXPECT_THAT(Values(joined), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RowsTest, TakesASinglePartAsItIs) {
  const Tensor part = Ints({2, 1}, {1, 2});
  EXPECT_EQ(Join({part}).data.data(), part.data.data());
}

TEST_F(RowsTest, APartMayBeEmpty) {
  const Tensor joined = Join({Ints({0, 2}, {}), Ints({1, 2}, {7, 8}), Ints({0, 2}, {})});
  EXPECT_EQ(joined.shape, Shape({1, 2}));
  EXPECT_THAT(Values(joined), ElementsAre(7, 8));
}

TEST_F(RowsTest, SplitsWithoutACopy) {
  const Tensor batch = Ints({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto parts = SplitRows(batch, std::vector<int64_t>{1, 0, 3});
  ASSERT_TRUE(parts.ok()) << parts.status();
  ASSERT_EQ(parts->size(), 3);
  EXPECT_EQ((*parts)[0].shape, Shape({1, 2}));
  EXPECT_THAT(Values((*parts)[0]), ElementsAre(1, 2));
  EXPECT_EQ((*parts)[1].shape, Shape({0, 2}));
  EXPECT_TRUE((*parts)[1].data.empty());
  EXPECT_THAT(Values((*parts)[2]), ElementsAre(3, 4, 5, 6, 7, 8));
  EXPECT_EQ((*parts)[2].data.data(), batch.data.data() + 8);
}

TEST_F(RowsTest, SplitUndoesJoin) {
  const std::vector<Tensor> parts = {Ints({2}, {1, 2}), Ints({1}, {3}), Ints({3}, {4, 5, 6})};
  const auto back = SplitRows(Join(parts), std::vector<int64_t>{2, 1, 3});
  ASSERT_TRUE(back.ok()) << back.status();
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ((*back)[i].shape, parts[i].shape);
    EXPECT_EQ(Values((*back)[i]), Values(parts[i]));
  }
}

TEST_F(RowsTest, BytesAreSplitWhereTheirElementsEnd) {
  const Tensor joined = Join({Strings({1, 2}, {"a", "longer"}), Strings({2, 2}, {"", "b", "c", "dd"})});
  EXPECT_EQ(joined.shape, Shape({3, 2}));
  const auto parts = SplitRows(joined, std::vector<int64_t>{2, 1});
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_THAT(Words((*parts)[0]), ElementsAre("a", "longer", "", "b"));
  EXPECT_THAT(Words((*parts)[1]), ElementsAre("c", "dd"));
}

TEST_F(RowsTest, AModelThatGivesAnotherNumberOfRowsIsAnError) {
  const std::vector<int64_t> rows = {1, 2};
  for (const Shape& shape : {Shape({2, 2}), Shape({4, 1})}) {
    const auto parts = SplitRows(Ints(shape, {1, 2, 3, 4}), rows);
    EXPECT_EQ(parts.status().code(), StatusCode::kInternal);
    EXPECT_EQ(parts.status().message(), "expected 3 rows, the model gave shape " + shape.ToString());
  }
  EXPECT_FALSE(SplitRows(Ints({}, {1}), rows).ok());
}

TEST_F(RowsTest, ABytesTensorThatEndsTooEarlyIsAnError) {
  EXPECT_FALSE(SplitRows(Strings({2, 2}, {"a", "b", "c"}), std::vector<int64_t>{1, 1}).ok());
}

TEST_F(RowsTest, AFixedSizeTensorOfTheWrongSizeIsAnError) {
  EXPECT_FALSE(SplitRows(Ints({2, 2}, {1, 2, 3}), std::vector<int64_t>{1, 1}).ok());
}

using RowsDeathTest = RowsTest;

TEST_F(RowsDeathTest, PartsThatDoNotMatchAreABug) {
  EXPECT_DEATH(Join({}), "cannot happen");
  EXPECT_DEATH(Join({Ints({1, 2}, {1, 2}), Ints({2, 1}, {1, 2})}), "cannot happen");
  EXPECT_DEATH(Join({Ints({1}, {1}), Strings({1}, {"a"})}), "cannot happen");
}

}  // namespace
}  // namespace trireme
