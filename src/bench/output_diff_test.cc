// SPDX-License-Identifier: Apache-2.0
#include "bench/output_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace trireme::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;

template <typename T>
Tensor Make(DataType type, const Shape& shape, const std::vector<T>& values) {
  return {.type = type, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

Tensor Floats(const Shape& shape, const std::vector<float>& values) {
  return Make(DataType::kFp32, shape, values);
}

TEST(OutputDiff, NumbersWithinTheToleranceAreTheSame) {
  OutputDiff diff;
  EXPECT_EQ(CompareTensors(Floats({2}, {0.5F, 1000.0F}), Floats({2}, {0.500004F, 1000.005F}), kTolerance, diff), "");
  EXPECT_EQ(diff.requests, 1U);
  EXPECT_EQ(diff.differing, 0U);
  EXPECT_NEAR(diff.largest_absolute, 0.005, 1e-3);
  EXPECT_NEAR(diff.largest_relative, 8e-6, 1e-6);
  EXPECT_EQ(CompareTensors(Floats({2}, {0, 0.5F}), Floats({2}, {0, 0.5001F}), kTolerance, diff),
            "element 1 is 0.5 and 0.5001000165939331");
  EXPECT_EQ(diff.differing, 1U);
  EXPECT_EQ(diff.requests, 2U);
}

TEST(OutputDiff, WhatIsNoNumberIsItself) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  OutputDiff diff;
  EXPECT_EQ(CompareTensors(Floats({2}, {nan, infinity}), Floats({2}, {-nan, infinity}), kTolerance, diff), "");
  EXPECT_EQ(diff.largest_absolute, 0);
  EXPECT_NE(CompareTensors(Floats({1}, {nan}), Floats({1}, {1}), kTolerance, diff), "");
  EXPECT_NE(CompareTensors(Floats({1}, {infinity}), Floats({1}, {-infinity}), kTolerance, diff), "");
  EXPECT_TRUE(std::isinf(diff.largest_absolute));
}

TEST(OutputDiff, CountsWhetherTheLargestIsTheSame) {
  OutputDiff diff;
  CompareTensors(Floats({2, 3}, {1, 2, 3, 9, 8, 7}), Floats({2, 3}, {1, 3, 2, 9, 8, 7}), kTolerance, diff);
  EXPECT_EQ(diff.rows, 2U);
  EXPECT_EQ(diff.same_argmax, 1U);
  CompareTensors(Floats({1}, {1}), Floats({1}, {2}), kTolerance, diff);
  EXPECT_EQ(diff.rows, 2U) << "one number has no largest";
}

TEST(OutputDiff, IntegersAreComparedExactly) {
  OutputDiff diff;
  const int64_t large = (int64_t{1} << 62) + 1;
  EXPECT_NE(CompareTensors(Make<int64_t>(DataType::kInt64, {1}, {large}),
                           Make<int64_t>(DataType::kInt64, {1}, {large + 1}), kTolerance, diff),
            "");
  EXPECT_EQ(CompareTensors(Make<int64_t>(DataType::kInt64, {1}, {large}), Make<int64_t>(DataType::kInt64, {1}, {large}),
                           kTolerance, diff),
            "");
  EXPECT_NE(CompareTensors(Make<int64_t>(DataType::kInt64, {1}, {3}), Make<int64_t>(DataType::kInt64, {1}, {4}),
                           kTolerance, diff),
            "");
  EXPECT_EQ(diff.largest_absolute, 1);
  EXPECT_EQ(diff.differing, 2U);
}

TEST(OutputDiff, OfAnotherKindIsUnlike) {
  OutputDiff diff;
  EXPECT_EQ(CompareTensors(Floats({2}, {1, 2}), Floats({1, 2}, {1, 2}), kTolerance, diff), "FP32[2] and FP32[1,2]");
  EXPECT_EQ(diff.unlike, 1U);
}

TEST(OutputDiff, ReadsHalfAndShortNumbers) {
  OutputDiff diff;
  EXPECT_EQ(CompareTensors(Make<uint16_t>(DataType::kFp16, {1}, {0x3c00}),
                           Make<uint16_t>(DataType::kFp16, {1}, {0x4000}), kTolerance, diff),
            "element 0 is 1 and 2");
  EXPECT_EQ(CompareTensors(Make<uint16_t>(DataType::kBf16, {1}, {0x0000}),
                           Make<uint16_t>(DataType::kBf16, {1}, {0x8000}), kTolerance, diff),
            "")
      << "zero has two forms";
}

kserve::InferResponseMessage Answer(const std::vector<NamedTensor>& outputs) {
  kserve::InferResponseMessage message;
  message.outputs = outputs;
  return message;
}

TEST(OutputDiff, ComparesAnswersByTheNamesOfTheirOutputs) {
  DiffReport report;
  CompareAnswers("line 1", "m", Answer({{"a", Floats({1}, {1})}, {"b", Floats({1}, {2})}}),
                 Answer({{"b", Floats({1}, {2})}, {"a", Floats({1}, {1})}}), kTolerance, report);
  EXPECT_EQ(report.compared, 1U);
  EXPECT_EQ(report.differing, 0U);
  CompareAnswers("line 2", "m", Answer({{"a", Floats({1}, {1})}}), Answer({{"a", Floats({1}, {3})}}), kTolerance,
                 report);
  CompareAnswers("line 3", "m", Answer({{"a", Floats({1}, {1})}}), Answer({{"c", Floats({1}, {1})}}), kTolerance,
                 report);
  OneFailed("line 4", "HTTP 503", report);
  EXPECT_EQ(report.differing, 3U);
  EXPECT_EQ(report.failed_alone, 1U);
  EXPECT_EQ((report.outputs[{"m", "a"}].differing), 2U);
  EXPECT_THAT(report.first, ElementsAre("line 2: m, output a: element 0 is 1 and 3",
                                        "line 3: m, output a: the other answer has none", "line 4: HTTP 503"));
}

TEST(OutputDiff, SaysWhatTheFirstFewAre) {
  DiffReport report;
  for (int i = 0; i < 100; ++i) OneFailed("line " + std::to_string(i), "failed", report);
  EXPECT_EQ(report.first.size(), DiffReport::kMostFirst);
  EXPECT_EQ(report.differing, 100U);
}

}  // namespace
}  // namespace trireme::bench
