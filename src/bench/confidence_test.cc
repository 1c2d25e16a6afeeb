// SPDX-License-Identifier: Apache-2.0
#include "bench/confidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trireme::bench {
namespace {

TEST(ConfidenceTest, IsStudentsOfTheLogarithms) {
  // Logarithms 0, 1, 2: mean 1, deviation 1, t 4.303.
  const Interval interval = IntervalOf(std::vector<double>{1, std::exp(1), std::exp(2)});
  EXPECT_NEAR(interval.median, std::exp(1), 1e-9);
  EXPECT_NEAR(std::log(interval.low), 1 - 4.303 / std::sqrt(3), 1e-9);
  EXPECT_NEAR(std::log(interval.high), 1 + 4.303 / std::sqrt(3), 1e-9);
  EXPECT_EQ(interval.count, 3U);
}

TEST(ConfidenceTest, OfOneValueNobodyKnowsHowFarOffItIs) {
  const Interval interval = IntervalOf(std::vector<double>{5});
  EXPECT_EQ(interval, (Interval{.median = 5, .low = 5, .high = 5, .count = 1}));
  EXPECT_FALSE(interval.has_width());
}

TEST(ConfidenceTest, LeavesOutWhatIsNoMeasurement) {
  EXPECT_EQ(IntervalOf({}), Interval());
  EXPECT_EQ(IntervalOf(std::vector<double>{-1, NAN, INFINITY}), Interval());
  EXPECT_EQ(IntervalOf(std::vector<double>{-1, 2, 2}).count, 2U);
}

TEST(ConfidenceTest, CountsZerosAndGivesNoInterval) {
  const Interval mostly_nothing = IntervalOf(std::vector<double>{0, 0, 50, 0, 0});
  EXPECT_EQ(mostly_nothing.median, 0);
  EXPECT_EQ(mostly_nothing.count, 5U);
  EXPECT_FALSE(mostly_nothing.has_width());
  const Interval mostly_something = IntervalOf(std::vector<double>{0, 50, 60});
  EXPECT_EQ(mostly_something, (Interval{.median = 50, .low = 50, .high = 50, .count = 3, .has_extremes = true}));
}

TEST(ConfidenceTest, ReachesTheMedian) {
  const Interval interval =
      IntervalOf(std::vector<double>{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9});
  EXPECT_EQ(interval.median, 1);
  EXPECT_EQ(interval.low, 1);
}

TEST(ConfidenceTest, RatiosAreThoseOfTheSameRound) {
  // Each twice its base, however much those differ.
  const Interval ratio = RatioOf(std::vector<double>{20, 200, 2}, std::vector<double>{10, 100, 1});
  EXPECT_NEAR(ratio.median, 2, 1e-9);
  EXPECT_NEAR(ratio.low, 2, 1e-9);
  EXPECT_NEAR(ratio.high, 2, 1e-9);
  EXPECT_EQ(RatioOf(std::vector<double>{1, 2, 3}, std::vector<double>{1, 4}).count, 2U);
}

TEST(ConfidenceTest, RatiosOfZerosAndToZerosCount) {
  EXPECT_EQ(RatioOf(std::vector<double>{0, 0, 3}, std::vector<double>{1, 1, 1}).median, 0);
  const Interval to_zero = RatioOf(std::vector<double>{2, 3, 4}, std::vector<double>{1, 1, 0});
  EXPECT_EQ(to_zero, (Interval{.median = 3, .low = 3, .high = 3, .count = 3, .has_extremes = true}));
  EXPECT_EQ(RatioOf(std::vector<double>{1, 1, 1}, std::vector<double>{0, 0, 1}), Interval());
  EXPECT_EQ(RatioOf(std::vector<double>{0, 2}, std::vector<double>{0, 1}).count, 1U);
}

TEST(ConfidenceTest, PointsOfManyDegreesGoToTheNormalDistributions) {
  EXPECT_NEAR(StudentPoint(4), 2.776, 1e-9);
  EXPECT_NEAR(StudentPoint(31), 2.0395, 1e-3);
  EXPECT_NEAR(StudentPoint(100), 1.984, 1e-3);
  EXPECT_TRUE(std::isinf(StudentPoint(0)));
}

}  // namespace
}  // namespace trireme::bench
