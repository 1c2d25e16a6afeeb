// SPDX-License-Identifier: Apache-2.0
#include "transform/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace trireme::transform {
namespace {

using testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

ClassNames Names() {
  return ClassNames(std::vector<std::string>{"cat", "dog", "cat"});
}

std::string Top(const std::vector<float>& scores, const TopClasses& wish) {
  const auto json = TopClassesJson(scores, wish, Names());
  return json.ok() ? *json : json.status().ToString();
}

TEST(TopClasses, AreTheMostProbableFirst) {
  EXPECT_EQ(Top({0.25F, 0.5F, 0.125F, 0.1F}, {.count = 3, .softmax = false}),
            "{\n  \"dog\": 0.5,\n  \"cat\": 0.25,\n  \"cat (2)\": 0.125\n}");
  EXPECT_EQ(Top({0.5F, 0.1F}, {.count = 5, .softmax = false}), "{\n  \"cat\": 0.5,\n  \"dog\": 0.10000000149011612\n}");
}

TEST(TopClasses, AreTheLowerIndexFirstWhereTheyAreEqual) {
  EXPECT_EQ(Top({3, 3, 3, 3}, {.count = 2}), "{\n  \"cat\": 0.25,\n  \"dog\": 0.25\n}");
}

TEST(TopClasses, ASoftmaxStandsLargeScores) {
  EXPECT_EQ(Top({10000, 10000}, {}), "{\n  \"cat\": 0.5,\n  \"dog\": 0.5\n}");
  EXPECT_EQ(Top({-kInfinity, 1}, {}), "{\n  \"dog\": 1.0,\n  \"cat\": 0.0\n}");
}

TEST(TopClasses, SayWhichScoreIsNoNumber) {
  EXPECT_EQ(Top({1, NAN}, {}), "invalid argument: the model gave no number for these inputs: score 1 is NaN");
  EXPECT_EQ(Top({kInfinity, 1}, {}),
            "invalid argument: the model gave no number for these inputs: score 0 is infinity");
  EXPECT_EQ(Top({1, -kInfinity}, {.softmax = false}),
            "invalid argument: the model gave no number for these inputs: score 1 is minus infinity");
  EXPECT_THAT(Top({-kInfinity}, {}), HasSubstr("no score that is a number"));
  EXPECT_THAT(Top({}, {}), HasSubstr("no scores"));
}

TEST(Detections, HaveTheThresholdAtLeast) {
  const std::vector<float> boxes = {1, 2, 3, 4.5F, 0, 0, 1, 1, 9, 8, 7, 6};
  const std::vector<float> scores = {0.75F, 0.4375F, 0.5F};
  const std::vector<int64_t> classes = {1, 0, 8};
  const auto json = DetectionsJson({.boxes = boxes, .scores = scores, .classes = classes}, 0.5F, Names());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, R"([
  {
    "dog": [
      1.0,
      2.0,
      3.0,
      4.5
    ],
    "score": 0.75
  },
  {
    "8": [
      9.0,
      8.0,
      7.0,
      6.0
    ],
    "score": 0.5
  }
])");
  EXPECT_EQ(*DetectionsJson({.boxes = boxes, .scores = scores, .classes = classes}, 1, Names()), "[]");
}

TEST(Detections, AreOfEqualNumbers) {
  const std::vector<float> boxes(8);
  const std::vector<float> scores(1);
  const std::vector<int64_t> classes(1);
  EXPECT_THAT(DetectionsJson({.boxes = boxes, .scores = scores, .classes = classes}, 0, Names()).status().message(),
              HasSubstr("found 2 boxes, 1 classes and 1 scores"));
}

TEST(Answers, AreOfABoundedLength) {
  const std::vector<float> scores = {0.5F, 0.25F, 0.25F};
  const auto code = [](const Result<std::string>& json) { return json.status().code(); };
  const std::string classes = *TopClassesJson(scores, {}, Names());
  EXPECT_TRUE(TopClassesJson(scores, {}, Names(), classes.size()).ok());
  EXPECT_EQ(code(TopClassesJson(scores, {}, Names(), classes.size() / 2)), StatusCode::kTooLarge);

  const std::vector<float> boxes(12);
  const std::vector<int64_t> indexes(3);
  const Detections found{.boxes = boxes, .scores = scores, .classes = indexes};
  EXPECT_EQ(code(DetectionsJson(found, 0, Names(), 100)), StatusCode::kTooLarge);

  const ClassScores segments{.values = scores, .classes = 1, .height = 1, .width = 3};
  EXPECT_LE(SegmentationJson(segments)->size(), SegmentationBytes(1, 3));
  EXPECT_EQ(code(SegmentationJson(segments, SegmentationBytes(1, 3) - 1)), StatusCode::kTooLarge);
}

TEST(Segmentation, GivesEachPixelItsClass) {
  // Two classes of 2x1 pixels.
  const std::vector<float> scores = {0, 5, 0, -1000};
  const auto json = SegmentationJson({.values = scores, .classes = 2, .height = 1, .width = 2});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, R"([
  [
    [
      0.0,
      0.5
    ],
    [
      0.0,
      1.0
    ]
  ]
])");
  EXPECT_EQ(SegmentationJson({.values = scores, .classes = 3, .height = 1, .width = 2}).status().code(),
            StatusCode::kInternal);
}

}  // namespace
}  // namespace trireme::transform
