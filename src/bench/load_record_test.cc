// SPDX-License-Identifier: Apache-2.0
#include "bench/load_record.h"

#include <gtest/gtest.h>

#include <chrono>

namespace trireme::bench {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1'000)};

TEST(StepOfTest, KeepsTheTimeAxisShort) {
  EXPECT_EQ(StepOf(seconds(2)), milliseconds(50));
  EXPECT_EQ(StepOf(seconds(11)), milliseconds(200));
  EXPECT_EQ(StepOf(seconds(60)), seconds(1));
  EXPECT_EQ(StepOf(hours(1)), seconds(10));
  EXPECT_EQ(StepOf(hours(24)), seconds(300));
}

TEST(LoadRecordTest, CountsWindowsAndStepsApart) {
  LoadRecord record(2, seconds(60), std::nullopt, kStart);
  record.Answered(0, {.whole = milliseconds(1)}, {.ok = true, .bytes = 10});  // the warm-up's
  record.Failed(0, "HTTP 503", "full");
  record.Advance(kStart + seconds(1), 3);
  record.OpenWindow(kStart + seconds(1));
  record.Answered(1, {.whole = milliseconds(4), .first_response = milliseconds(2)},
                  {.ok = true, .bytes = 20, .responses = 3});
  record.Failed(0, "HTTP 503", "still full");
  record.Failed(1, "HTTP 503", "still full");
  record.Advance(kStart + milliseconds(1'500), 4);
  record.CloseWindow(kStart + milliseconds(2'500), 4);
  const LoadResult result = std::move(record).Finish(kStart + milliseconds(2'600), 4);

  ASSERT_EQ(result.windows.size(), 1u);
  EXPECT_EQ(result.windows[0].latency.count(), 1u);
  EXPECT_EQ(result.windows[0].failures, 2u);
  EXPECT_EQ(result.windows[0].responses, 3u);
  EXPECT_EQ(result.windows[0].first_response.max(), milliseconds(2));
  EXPECT_EQ(result.windows[0].begin, seconds(1));
  EXPECT_EQ(result.windows[0].length, milliseconds(1'500));
  EXPECT_EQ(result.windows[0].users, 4);
  EXPECT_EQ(result.models[0].latency.count(), 0u);
  EXPECT_EQ(result.models[0].failures, 1u);
  EXPECT_EQ(result.models[1].latency.count(), 1u);
  EXPECT_EQ(result.models[1].failures, 1u);
  EXPECT_EQ(result.failures.at("HTTP 503"), (Failures{3, "full"}));
  EXPECT_EQ(result.response_bytes, 20u);
  ASSERT_EQ(result.moments.size(), 3u);
  EXPECT_TRUE(result.moments[0].is_warm_up);
  EXPECT_FALSE(result.moments[1].is_warm_up);
  EXPECT_EQ(result.moments[0].count, 1u);
  EXPECT_EQ(result.moments[1].count, 1u);
  EXPECT_EQ(result.moments[1].failures, 2u);
  EXPECT_EQ(result.moments[2].length, milliseconds(600));
}

TEST(LoadRecordTest, ARequestWithoutResponsesHasNoFirst) {
  LoadRecord record(1, seconds(60), std::nullopt, kStart);
  record.OpenWindow(kStart);
  record.Answered(0, {.whole = milliseconds(4)}, {.ok = true, .responses = 0});
  record.Answered(0, {.whole = milliseconds(3)}, {.ok = true, .responses = 1});
  record.CloseWindow(kStart + seconds(1), 1);
  const LoadResult result = std::move(record).Finish(kStart + seconds(1), 1);
  EXPECT_EQ(result.windows[0].latency.count(), 2u);
  EXPECT_EQ(result.windows[0].first_response.count(), 1u);
  EXPECT_EQ(result.windows[0].first_response.max(), milliseconds(3));
}

TEST(LoadRecordTest, AMomentIsOfTheWarmUpIfMostOfItIs) {
  LoadRecord record(1, seconds(60), std::nullopt, kStart);
  record.OpenWindow(kStart + milliseconds(1'003));
  const LoadResult result = std::move(record).Finish(kStart + seconds(2), 1);
  ASSERT_EQ(result.moments.size(), 2u);
  EXPECT_TRUE(result.moments[0].is_warm_up);
  EXPECT_FALSE(result.moments[1].is_warm_up);
}

}  // namespace
}  // namespace trireme::bench
