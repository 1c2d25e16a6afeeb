// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/classification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "codec/small_float.h"
#include "tensor/bytes_elements.h"

namespace trireme::kserve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Strings = std::vector<std::string>;

template <typename T>
Tensor Make(DataType type, Shape shape, std::vector<T> values) {
  return {.type = type, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span<const T>(values)))};
}

Tensor Floats(Shape shape, std::vector<float> values) {
  return Make(DataType::kFp32, shape, std::move(values));
}

class ClassificationTest : public testing::Test {
 protected:
  Strings Classes(const Tensor& output, uint64_t most, bool rows = false, const Strings* labels = nullptr) {
    const Result<Tensor> tensor = Classifier(pool_).Classify(output, most, rows, labels);
    EXPECT_TRUE(tensor.ok()) << tensor.status();
    Strings strings;
    BytesReader reader(tensor->data.bytes());
    while (const auto text = reader.Next()) strings.emplace_back(*text);
    EXPECT_EQ(tensor->shape.ElementCount(), static_cast<int64_t>(strings.size()));
    EXPECT_EQ(tensor->type, DataType::kBytes);
    return strings;
  }
  Shape ShapeOf(const Tensor& output, uint64_t most, bool rows) {
    return Classifier(pool_).Classify(output, most, rows, nullptr)->shape;
  }

  MemoryPool pool_;
};

TEST_F(ClassificationTest, TheGreatestComeFirst) {
  EXPECT_THAT(Classes(Floats({4}, {0.1F, 0.5F, -2, 0.4F}), 3), ElementsAre("0.500000:1", "0.400000:3", "0.100000:0"));
}

TEST_F(ClassificationTest, AddsLabelsAsFarAsThereAreAny) {
  const Strings labels = {"cat", "dog"};
  EXPECT_THAT(Classes(Floats({3}, {1, 2, 3}), 3, false, &labels),
              ElementsAre("3.000000:2", "2.000000:1:dog", "1.000000:0:cat"));
}

TEST_F(ClassificationTest, EqualValuesKeepTheirOrder) {
  EXPECT_THAT(Classes(Floats({4}, {1, 2, 2, 1}), 3), ElementsAre("2.000000:1", "2.000000:2", "1.000000:0"));
}

TEST_F(ClassificationTest, WhatIsNoNumberComesLast) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(Classes(Floats({5}, {kNan, 1, -kInfinity, -kNan, kInfinity}), 5),
              ElementsAre("inf:4", "1.000000:1", "-inf:2", "nan:0", "nan:3"));
}

TEST_F(ClassificationTest, EachRowIsClassifiedByItself) {
  const Tensor output = Floats({2, 3}, {1, 2, 3, 6, 5, 4});
  EXPECT_THAT(Classes(output, 2, true), ElementsAre("3.000000:2", "2.000000:1", "6.000000:0", "5.000000:1"));
  EXPECT_EQ(ShapeOf(output, 2, true), (Shape{2, 2}));
  EXPECT_THAT(Classes(output, 2, false), ElementsAre("6.000000:3", "5.000000:4"));
  EXPECT_EQ(ShapeOf(output, 2, false), (Shape{2}));
}

TEST_F(ClassificationTest, InnerDimensionsAreOneRow) {
  EXPECT_THAT(Classes(Floats({1, 2, 2}, {1, 4, 3, 2}), 1, true), ElementsAre("4.000000:1"));
}

TEST_F(ClassificationTest, AskingForMoreThanThereAreGivesAll) {
  const Tensor output = Floats({1, 2}, {1, 2});
  EXPECT_EQ(ShapeOf(output, std::numeric_limits<uint64_t>::max(), true), (Shape{1, 2}));
}

TEST_F(ClassificationTest, NothingHasNoClasses) {
  EXPECT_EQ(ShapeOf(Floats({0, 3}, {}), 2, true), (Shape{0, 2}));
  EXPECT_EQ(ShapeOf(Floats({3, 0}, {}), 2, true), (Shape{3, 0}));
  EXPECT_EQ(ShapeOf(Floats({}, {7}), 2, true), (Shape{1}));
}

TEST_F(ClassificationTest, IntegersArePlainAndComparedAsTheyAre) {
  EXPECT_THAT(Classes(Make<int8_t>(DataType::kInt8, {3}, {-1, 127, 5}), 3), ElementsAre("127:1", "5:2", "-1:0"));
  EXPECT_THAT(Classes(Make<uint8_t>(DataType::kUint8, {2}, {200, 100}), 1), ElementsAre("200:0"));
  EXPECT_THAT(Classes(Make<uint64_t>(DataType::kUint64, {2}, {1, ~uint64_t{0}}), 1),
              ElementsAre("18446744073709551615:1"));
  EXPECT_THAT(Classes(Make<int64_t>(DataType::kInt64, {2}, {9007199254740992, 9007199254740993}), 1),
              ElementsAre("9007199254740993:1"));
}

TEST_F(ClassificationTest, SmallFloatsAreWidened) {
  const std::vector<uint16_t> half = {NarrowToFp16(0.5), NarrowToFp16(-4)};
  EXPECT_THAT(Classes(Make(DataType::kFp16, {2}, half), 2), ElementsAre("0.500000:0", "-4.000000:1"));
  const std::vector<uint16_t> brain = {NarrowToBf16(-1), NarrowToBf16(256)};
  EXPECT_THAT(Classes(Make(DataType::kBf16, {2}, brain), 1), ElementsAre("256.000000:1"));
  EXPECT_THAT(Classes(Make<double>(DataType::kFp64, {1}, {0.1}), 1), ElementsAre("0.100000:0"));
}

TEST_F(ClassificationTest, RefusesWhatIsNoNumberAndRowsWithoutEnd) {
  const Status flags = Classifier(pool_).Classify(Make<uint8_t>(DataType::kBool, {1}, {1}), 1, false, nullptr).status();
  EXPECT_EQ(flags.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(flags.message(), HasSubstr("expected an output of numbers, found BOOL"));
  const Tensor wide = Make<uint8_t>(DataType::kUint8, {1, kMaxClasses + 1}, std::vector<uint8_t>(kMaxClasses + 1));
  EXPECT_THAT(Classifier(pool_).Classify(wide, 1, true, nullptr).status().message(), HasSubstr("at most 1000000"));
}

TEST_F(ClassificationTest, LargeValuesAreShort) {
  EXPECT_THAT(Classes(Make<double>(DataType::kFp64, {3}, {-1.7e308, 1e15, 999999999999999.5}), 3),
              ElementsAre("1e+15:1", "999999999999999.500000:2", "-1.7e+308:0"));
  EXPECT_THAT(Classes(Floats({2}, {-3.4028235e38F, 1e14F}), 2),
              ElementsAre("100000000376832.000000:1", "-3.4028235e+38:0"));
}

TEST_F(ClassificationTest, OutputsOfAnAnswerShareABoundOnClasses) {
  const Tensor output = Make<uint8_t>(DataType::kUint8, {1000, 1000}, std::vector<uint8_t>(1'000'000));
  Classifier classifier(pool_);
  EXPECT_TRUE(classifier.Classify(output, 999, true, nullptr).ok());
  EXPECT_TRUE(classifier.Classify(output, 1, true, nullptr).ok());
  const Status status = classifier.Classify(output, 1, true, nullptr).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("at most 1000000 classes of all rows and outputs together, found 1001000"));
}

TEST_F(ClassificationTest, OutputsOfAnAnswerShareABoundOnTheTextsOfClasses) {
  const Strings labels = {std::string(1 << 20, 'x')};
  Classifier classifier(pool_);
  const Tensor half = Make<uint8_t>(DataType::kUint8, {32, 1}, std::vector<uint8_t>(32));
  EXPECT_TRUE(classifier.Classify(half, 1, true, &labels).ok());
  EXPECT_THAT(classifier.Classify(half, 1, true, &labels).status().message(), HasSubstr("at most 67108864 bytes"));
}

TEST_F(ClassificationTest, ABackendsBrokenTensorIsOurFault) {
  EXPECT_EQ(Classifier(pool_).Classify(Floats({3}, {1, 2}), 1, false, nullptr).status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace trireme::kserve
