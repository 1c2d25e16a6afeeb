// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/look_schedule.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(LookSchedule, LooksRarelyWhereChangesAreToldOf) {
  LookSchedule schedule({}, kStart, /*watched=*/true);
  EXPECT_EQ(schedule.next(), kStart + 30s);
  schedule.HasLooked(kStart + 30s, {.watched = true, .settled = true});
  EXPECT_EQ(schedule.next(), kStart + 60s);
}

TEST(LookSchedule, LooksAtItsIntervalWhereTheyAreNot) {
  LookSchedule schedule({.poll = 5s}, kStart, /*watched=*/false);
  EXPECT_EQ(schedule.next(), kStart + 5s);
  schedule.HasLooked(kStart + 5s, {.watched = false, .settled = false});
  EXPECT_EQ(schedule.next(), kStart + 10s) << "the second look too";
}

TEST(LookSchedule, NeverLooksMoreOftenThanWasAskedForWithoutAReason) {
  EXPECT_EQ(LookSchedule({.poll = 1min}, kStart, /*watched=*/true).next(), kStart + 1min);
}

TEST(LookSchedule, LooksWhenThingsHaveBeenQuietForAMoment) {
  LookSchedule schedule({}, kStart, true);
  schedule.HasChanged(kStart + 1s);
  EXPECT_EQ(schedule.next(), kStart + 1s + 200ms);
  schedule.HasChanged(kStart + 1s + 150ms);
  EXPECT_EQ(schedule.next(), kStart + 1s + 350ms);
}

TEST(LookSchedule, IsNotPutOffForeverByChangesWithoutAPause) {
  LookSchedule schedule({}, kStart, true);
  for (auto at = 0ms; at < 1950ms; at += 50ms) schedule.HasChanged(kStart + at);
  EXPECT_EQ(schedule.next(), kStart + 2s);
  schedule.HasLooked(kStart + 2s, {.watched = true, .settled = true});
  schedule.HasChanged(kStart + 2s + 50ms);
  EXPECT_EQ(schedule.next(), kStart + 2s + 250ms) << "patience begins anew";
}

TEST(LookSchedule, LooksAgainSoonForWhatItHasSeenOnce) {
  LookSchedule schedule({}, kStart, true);
  schedule.HasLooked(kStart, {.watched = true, .settled = false});
  EXPECT_EQ(schedule.next(), kStart + 200ms);
  schedule.HasChanged(kStart + 100ms);
  EXPECT_EQ(schedule.next(), kStart + 200ms) << "changes elsewhere do not put it off";
}

TEST(LookSchedule, LooksWhenATimeHasRunOut) {
  LookSchedule schedule({}, kStart, true);
  schedule.HasLooked(kStart, {.watched = true, .settled = true, .look_by = kStart + 2s});
  EXPECT_EQ(schedule.next(), kStart + 2s);
}

}  // namespace
}  // namespace trireme
