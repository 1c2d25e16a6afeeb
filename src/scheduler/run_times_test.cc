// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_times.h"

#include <gtest/gtest.h>

#include <limits>

namespace trireme {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(RunTimes, KnowsNothingOfSizesItHasNotSeen) {
  RunTimes times;
  times.Record(64, microseconds(3));
  EXPECT_EQ(times.Expected(64), Duration(microseconds(3)));
  EXPECT_EQ(times.Expected(1 << 20), std::nullopt);
  EXPECT_EQ(times.Expected(0), std::nullopt);
}

TEST(RunTimes, IsNotImpressedByInterruptedRuns) {
  RunTimes times;
  for (int i = 0; i < 100; ++i) times.Record(64, i % 4 == 0 ? Duration(milliseconds(4)) : Duration(microseconds(3)));
  EXPECT_LT(*times.Expected(64), microseconds(4));
}

TEST(RunTimes, FollowsALastingChange) {
  RunTimes times;
  times.Record(64, microseconds(3));
  for (int i = 0; i < 60; ++i) times.Record(64, milliseconds(2));
  EXPECT_GT(*times.Expected(64), milliseconds(1));
  for (int i = 0; i < 60; ++i) times.Record(64, microseconds(3));
  EXPECT_LT(*times.Expected(64), microseconds(10));
}

TEST(RunTimes, TakesAnySize) {
  RunTimes times;
  times.Record(std::numeric_limits<size_t>::max(), microseconds(1));
  EXPECT_TRUE(times.Expected(std::numeric_limits<size_t>::max()).has_value());
  times.Record(0, Duration(0));
  EXPECT_TRUE(times.Expected(0).has_value());
}

}  // namespace
}  // namespace trireme
