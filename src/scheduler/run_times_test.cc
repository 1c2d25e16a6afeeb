// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_times.h"

#include <gtest/gtest.h>

#include <limits>

namespace trireme {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr size_t kRow = 64;

RunSize Rows(int64_t rows) {
  return {.rows = rows, .bytes = kRow * static_cast<size_t>(rows)};
}

Duration Typical(const RunTimes& times, const RunSize& size) {
  return times.Expected(size).value().typical;
}

TEST(RunTimes, KnowsNothingOfRowsOfSizesItHasNotSeen) {
  RunTimes times;
  times.Record(Rows(1), microseconds(3));
  EXPECT_EQ(Typical(times, Rows(1)), microseconds(3));
  EXPECT_FALSE(times.Expected({.rows = 1, .bytes = 1 << 20}));
  EXPECT_FALSE(times.Expected({.rows = 1, .bytes = 0}));
  EXPECT_FALSE(times.Expected({.rows = 1, .bytes = kRow, .arrangement = Arrangement::kWide}));
}

TEST(RunTimes, IsNotImpressedByInterruptedRuns) {
  RunTimes times;
  for (int i = 0; i < 100; ++i) times.Record(Rows(1), i % 4 == 0 ? Duration(milliseconds(4)) : microseconds(3));
  EXPECT_LT(Typical(times, Rows(1)), microseconds(4));
}

TEST(RunTimes, KnowsWhatNineRunsInTenTake) {
  RunTimes times;
  for (int i = 0; i < 2000; ++i)
    times.Record(Rows(1), microseconds(i * 7 % 20 < 16 ? 100 : i * 7 % 20 < 19 ? 130 : 5000));
  const RunTimes::Estimate estimate = times.Expected(Rows(1)).value();
  EXPECT_NEAR(static_cast<double>(estimate.typical.count()), 100e3, 10e3);
  EXPECT_GT(estimate.most, microseconds(115));
  EXPECT_LT(estimate.most, microseconds(200));
}

TEST(RunTimes, FollowsALastingChange) {
  RunTimes times;
  times.Record(Rows(1), microseconds(3));
  for (int i = 0; i < 90; ++i) times.Record(Rows(1), milliseconds(2));
  EXPECT_GT(Typical(times, Rows(1)), milliseconds(1));
  EXPECT_GE(times.Expected(Rows(1))->most, Typical(times, Rows(1)));
  for (int i = 0; i < 90; ++i) times.Record(Rows(1), microseconds(3));
  EXPECT_LT(Typical(times, Rows(1)), microseconds(10));
}

TEST(RunTimes, FollowsRunsThatTakeAHundredTimesAsLongNowAndThen) {
  RunTimes times;
  for (int i = 0; i < 2000; ++i) times.Record(Rows(1), i % 4 == 0 ? Duration(milliseconds(10)) : microseconds(100));
  EXPECT_LT(Typical(times, Rows(1)), microseconds(200));
  EXPECT_GT(times.Expected(Rows(1))->most, milliseconds(2));
}

TEST(RunTimes, InterpolatesBetweenBatchesThatItSaw) {
  RunTimes times;
  times.Record(Rows(1), microseconds(100));
  times.Record(Rows(4), microseconds(160));
  times.Record(Rows(8), microseconds(200));
  EXPECT_EQ(Typical(times, Rows(2)), microseconds(120));
  EXPECT_EQ(Typical(times, Rows(6)), microseconds(180));
  EXPECT_EQ(Typical(times, Rows(8)), microseconds(200));
}

TEST(RunTimes, TakesARowToCostBeyondWhatItSawWhatItDoesThere) {
  RunTimes times;
  times.Record(Rows(8), microseconds(200));
  EXPECT_EQ(Typical(times, Rows(16)), microseconds(400));
  EXPECT_EQ(Typical(times, Rows(80)), microseconds(2000));
  EXPECT_EQ(Typical(times, Rows(1)), microseconds(200)) << "fewer rows take no longer";
}

TEST(RunTimes, KnowsLargeBatchesByPowersOfTwo) {
  RunTimes times;
  times.Record(Rows(100), milliseconds(10));
  EXPECT_NEAR(static_cast<double>(Typical(times, Rows(100)).count()), 10e6, 1e3);
  EXPECT_NEAR(static_cast<double>(Typical(times, Rows(120)).count()), 12e6, 1e3);
}

TEST(RunTimes, KeepsArrangementsApart) {
  RunTimes times;
  times.Record(Rows(1), milliseconds(7));
  RunSize wide = Rows(1);
  wide.arrangement = Arrangement::kWide;
  times.Record(wide, milliseconds(4));
  EXPECT_EQ(Typical(times, Rows(1)), milliseconds(7));
  EXPECT_EQ(Typical(times, wide), milliseconds(4));
  ASSERT_EQ(times.All().size(), 2U);
  EXPECT_EQ(times.All()[1].size.arrangement, Arrangement::kWide);
}

TEST(RunTimes, TakesAnySize) {
  RunTimes times;
  const size_t most = std::numeric_limits<size_t>::max();
  times.Record({.rows = 1, .bytes = most}, microseconds(1));
  EXPECT_TRUE(times.Expected({.rows = 1, .bytes = most}));
  times.Record({.rows = 0, .bytes = 0}, Duration(0));
  EXPECT_TRUE(times.Expected({.rows = 0, .bytes = 0}));
  times.Record({.rows = std::numeric_limits<int64_t>::max(), .bytes = most}, microseconds(1));
  EXPECT_TRUE(times.Expected({.rows = std::numeric_limits<int64_t>::max(), .bytes = most}));
  times.Record({.rows = -5, .bytes = 1}, Duration(-1));
  EXPECT_GT(Typical(times, {.rows = -5, .bytes = 1}), Duration(0));
}

TEST(RunTimes, KeepsSizesOfRowsApartHoweverManyThereAre) {
  RunTimes times;
  for (const Arrangement arrangement : {Arrangement::kNarrow, Arrangement::kWide}) {
    for (int bits = 0; bits < 60; ++bits) {
      times.Record({.rows = 1, .bytes = size_t{1} << bits, .arrangement = arrangement}, milliseconds(bits + 1));
    }
  }
  for (int bits = 0; bits < 60; ++bits) {
    const auto expected = times.Expected({.rows = 1, .bytes = size_t{1} << bits, .arrangement = Arrangement::kWide});
    ASSERT_TRUE(expected);
    EXPECT_EQ(expected->typical, milliseconds(bits + 1)) << bits;
  }
}

}  // namespace
}  // namespace trireme
