// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/output_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "codec/small_float.h"

namespace trireme::onnxfile {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
Tensor Of(DataType type, const Shape& shape, const std::vector<T>& elements) {
  return {type, shape, Buffer::CopyOf(std::as_bytes(std::span(elements)))};
}

Tensor Floats(const Shape& shape, const std::vector<float>& elements) {
  return Of(DataType::kFp32, shape, elements);
}

double Worst(const std::vector<float>& expected, const std::vector<float>& found) {
  OutputDifference difference;
  const Shape shape = {static_cast<int64_t>(expected.size())};
  EXPECT_TRUE(difference.Add(Floats(shape, expected), Floats(shape, found)).ok());
  return difference.worst();
}

TEST(OutputDifference, IsAPartOfTheLargestMagnitude) {
  EXPECT_DOUBLE_EQ(Worst({1, -10, 0}, {1, -10, 0.5F}), 0.05);
  EXPECT_EQ(Worst({1, 2}, {1, 2}), 0);
  EXPECT_EQ(Worst({}, {}), 0);
}

TEST(OutputDifference, OfZeroIsInfinite) {
  EXPECT_EQ(Worst({0, 0}, {0, 0}), 0);
  EXPECT_EQ(Worst({0, 0}, {0, 1e-9F}), kInfinity);
}

TEST(OutputDifference, OfWhatIsNoNumberIsInfinite) {
  EXPECT_EQ(Worst({kNan, 1, kInfinity}, {kNan, 1, kInfinity}), 0);
  EXPECT_EQ(Worst({1, 1}, {kNan, 1}), kInfinity);
  EXPECT_EQ(Worst({kNan, 1}, {1, 1}), kInfinity);
  EXPECT_EQ(Worst({kInfinity, 1}, {-kInfinity, 1}), kInfinity);
  EXPECT_EQ(Worst({1, 1}, {kInfinity, 1}), kInfinity);
}

TEST(OutputDifference, IsThatOfTheWorstOutput) {
  OutputDifference difference;
  ASSERT_TRUE(difference.Add(Floats({2}, {1, 10}), Floats({2}, {2, 10})).ok());
  ASSERT_TRUE(difference.Add(Floats({2}, {1, 10}), Floats({2}, {1, 10})).ok());
  EXPECT_DOUBLE_EQ(difference.worst(), 0.1);
  EXPECT_NEAR(difference.worst_rms(), 1 / std::sqrt(101), 1e-12);
}

TEST(OutputDifference, ReadsSmallFloatsAndIntegers) {
  OutputDifference difference;
  const auto half = [](DataType type, float number) {
    const uint16_t bits = type == DataType::kFp16 ? NarrowToFp16(number) : NarrowToBf16(number);
    return Of<uint16_t>(type, {1}, {bits});
  };
  ASSERT_TRUE(difference.Add(half(DataType::kFp16, 4), half(DataType::kFp16, 4.25F)).ok());
  EXPECT_DOUBLE_EQ(difference.worst(), 0.0625);
  ASSERT_TRUE(difference.Add(half(DataType::kBf16, 4), half(DataType::kBf16, 4.5F)).ok());
  EXPECT_DOUBLE_EQ(difference.worst(), 0.125);
  ASSERT_TRUE(
      difference.Add(Of<int64_t>(DataType::kInt64, {2}, {-8, 4}), Of<int64_t>(DataType::kInt64, {2}, {-8, 6})).ok());
  EXPECT_DOUBLE_EQ(difference.worst(), 0.25);
  EXPECT_FALSE(difference.top1_agreement());
}

TEST(OutputDifference, WantsWhatIsNoNumberToBeEqual) {
  OutputDifference difference;
  const Tensor yes = Of<uint8_t>(DataType::kBool, {1}, {1});
  ASSERT_TRUE(difference.Add(yes, yes).ok());
  EXPECT_EQ(difference.worst(), 0);
  ASSERT_TRUE(difference.Add(yes, Of<uint8_t>(DataType::kBool, {1}, {0})).ok());
  EXPECT_EQ(difference.worst(), kInfinity);
}

TEST(OutputDifference, CountsRowsWithTheSameLargestElement) {
  OutputDifference difference;
  ASSERT_TRUE(difference.Add(Floats({2, 3}, {1, 5, 2, 9, 1, 8}), Floats({2, 3}, {1, 4, 2, 8, 1, 9})).ok());
  EXPECT_EQ(difference.top1_agreement(), 0.5);
  ASSERT_TRUE(difference.Add(Floats({2, 2}, {1, 5, 3, 2}), Floats({2, 2}, {1, 5, 3, 2})).ok());
  EXPECT_EQ(difference.top1_agreement(), 0.75);
  ASSERT_TRUE(difference.Add(Floats({1, 1, 2}, {1, 5}), Floats({1, 1, 2}, {5, 1})).ok());  // no scores of classes
  ASSERT_TRUE(difference.Add(Floats({2, 1}, {1, 5}), Floats({2, 1}, {5, 1})).ok());        // nothing to choose from
  EXPECT_EQ(difference.top1_agreement(), 0.75);
}

TEST(OutputDifference, RefusesWhatCannotBeCompared) {
  OutputDifference difference;
  EXPECT_EQ(difference.Add(Floats({2}, {1, 2}), Floats({2, 1}, {1, 2})).message(), "expected shape [2], found [2,1]");
  EXPECT_EQ(difference.Add(Floats({1}, {1}), Of<int32_t>(DataType::kInt32, {1}, {1})).message(),
            "expected FP32, found INT32");
  EXPECT_EQ(difference.worst(), 0);
}

TEST(WhyTooFar, SaysHowFarAndWhatIsAllowed) {
  OutputDifference difference;
  ASSERT_TRUE(difference.Add(Floats({2, 2}, {10, 9, 1, 2}), Floats({2, 2}, {9.5F, 9.6F, 1, 2})).ok());
  EXPECT_EQ(WhyTooFar(difference, {.worst = 0.05, .top1_agreement = 0.5}),
            "the outputs are up to 6 % of their largest value off, at most 5 % are allowed");
  EXPECT_THAT(WhyTooFar(difference, {.worst = 0.1, .top1_agreement = 0.9}),
              HasSubstr("in 50 % of the rows, at least 90 %"));
  EXPECT_THAT(WhyTooFar(difference, {.worst = 0.1, .top1_agreement = 0.5}), IsEmpty());
  ASSERT_TRUE(difference.Add(Floats({1}, {1}), Floats({1}, {kNan})).ok());
  EXPECT_THAT(WhyTooFar(difference, {.worst = 0.1}), HasSubstr("not numbers"));
}

}  // namespace
}  // namespace trireme::onnxfile
