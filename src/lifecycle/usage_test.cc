// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/usage.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(100'000)};

Usage UsedAt(uint64_t requests, TimePoint when) {
  Usage usage;
  usage.Update(requests, when);
  return usage;
}

TEST(Usage, KnowsWhenItWasUsedLast) {
  Usage usage;
  EXPECT_EQ(usage.last_used(), TimePoint{});
  usage.Update(1, kStart);
  usage.Update(1, kStart + seconds(5));
  EXPECT_EQ(usage.last_used(), kStart);
  usage.Touch(kStart + seconds(6));
  EXPECT_EQ(usage.last_used(), kStart + seconds(6));
}

TEST(Usage, HalvesInTenMinutes) {
  const Usage usage = UsedAt(1000, kStart);
  EXPECT_NEAR(usage.Popularity(kStart + minutes(10)) / usage.Popularity(kStart), 0.5, 0.01);
}

TEST(Usage, CountsWhatIsNewAlone) {
  Usage usage = UsedAt(100, kStart);
  usage.Update(100, kStart);
  usage.Update(150, kStart);
  EXPECT_NEAR(usage.Popularity(kStart), UsedAt(150, kStart).Popularity(kStart), 1e-9);
}

TEST(Usage, OfTheForgottenTheOneUsedLastIsWorthMore) {
  const TimePoint now = kStart + minutes(10'000);
  EXPECT_GT(UsedAt(1, kStart + minutes(60)).Popularity(now), UsedAt(1, kStart).Popularity(now));
}

TEST(Usage, IsWorthMoreTheLongerItLoadsAndTheSmallerItIs) {
  const Usage usage = UsedAt(10, kStart);
  const double value = usage.ValueOf(seconds(1), 1000, kStart);
  EXPECT_NEAR(usage.ValueOf(seconds(2), 1000, kStart), 2 * value, 1e-9);
  EXPECT_NEAR(usage.ValueOf(seconds(1), 500, kStart), 2 * value, 1e-9);
  EXPECT_GT(usage.ValueOf(seconds(0), 0, kStart), 0);
}

}  // namespace
}  // namespace trireme
