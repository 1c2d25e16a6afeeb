// SPDX-License-Identifier: Apache-2.0
#include "tune/statistics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace trireme::tune {
namespace {

TEST(PooledNoise, LearnsFromAllThatWasRepeated) {
  // Each pair lies 1 % on the two sides of its mean, whatever that is.
  const std::array<std::vector<double>, 3> measurements = {{{99, 101}, {990, 1010}, {9.9, 10.1}}};
  const Noise noise = PooledNoise(measurements);
  EXPECT_EQ(noise.freedom, 3U);
  EXPECT_NEAR(noise.deviation, std::sqrt(2.0) / 100, 1e-9);
}

TEST(PooledNoise, KnowsNothingOfSingleMeasurementsOrZeros) {
  const std::array<std::vector<double>, 3> measurements = {{{5}, {0, 0}, {}}};
  EXPECT_EQ(PooledNoise(measurements).freedom, 0U);
}

TEST(IntervalOf, GetsNarrowerWithMoreMeasurements) {
  const Noise noise = {.deviation = 0.1, .freedom = 1000};
  const Interval one = IntervalOf(std::array{100.0}, noise);
  EXPECT_NEAR(one.low, 80.4, 0.1);
  EXPECT_NEAR(one.high, 119.6, 0.1);
  const Interval four = IntervalOf(std::array{100.0, 100.0, 100.0, 100.0}, noise);
  EXPECT_NEAR(four.high - four.low, (one.high - one.low) / 2, 1e-9);
  EXPECT_EQ(four.mean, 100);
  EXPECT_EQ(four.count, 4U);
}

TEST(IntervalOf, IsEverythingWhereNothingIsKnown) {
  const Interval interval = IntervalOf(std::array{7.0}, Noise());
  EXPECT_EQ(interval.mean, 7);
  EXPECT_EQ(interval.low, 0);
  EXPECT_TRUE(std::isinf(interval.high));
  EXPECT_TRUE(std::isinf(IntervalOf({}, {.deviation = 0.1, .freedom = 5}).high));
}

TEST(IntervalOf, IsNeverBelowZero) {
  EXPECT_EQ(IntervalOf(std::array{1.0}, {.deviation = 2, .freedom = 2}).low, 0);
}

TEST(Interval, OverlapsItsNeighboursOnly) {
  const Interval low = {.mean = 1, .low = 0.5, .high = 1.5};
  EXPECT_TRUE(low.Overlaps({.mean = 2, .low = 1.5, .high = 3}));
  EXPECT_FALSE(low.Overlaps({.mean = 2, .low = 1.6, .high = 3}));
}

}  // namespace
}  // namespace trireme::tune
