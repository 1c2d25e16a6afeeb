// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr VisitCost kCost = {.start = seconds(1), .loads = 5, .last_loads = 10};

Standing At(size_t candidate, double mean, double reach, Duration latency = milliseconds(1)) {
  return {.candidate = candidate,
          .score = {.mean = mean, .low = mean - reach, .high = mean + reach, .count = 2},
          .latency = latency};
}

TEST(PlanRung, GivesEachRungAsMuchTime) {
  // 24, 12, 6, 3: four rungs of 150 s. 48 visits of 3.1 s each: a second to start and five windows.
  const RungPlan plan = PlanRung(24, minutes(10), kCost);
  EXPECT_EQ(plan.candidates, 24U);
  EXPECT_EQ(plan.rounds, kRounds);
  EXPECT_FALSE(plan.is_last);
  EXPECT_NEAR(std::chrono::duration<double>(plan.window).count(), (150.0 / 48 - 1) / 5, 1e-6);
}

TEST(PlanRung, MeasuresTheLastMoreOften) {
  const RungPlan plan = PlanRung(3, minutes(10), kCost);
  EXPECT_TRUE(plan.is_last);
  EXPECT_EQ(plan.rounds, kLastRounds);
  EXPECT_NEAR(std::chrono::duration<double>(plan.window).count(), (600.0 / 12 - 1) / 10, 1e-6);
  EXPECT_EQ(PlanRung(3, minutes(60), kCost).window, kMostWindow);
  EXPECT_TRUE(PlanRung(1, minutes(1), kCost).is_last);
}

TEST(PlanRung, LeavesOutWhomTheTimeDoesNotAllow) {
  // Of 25 s a rung, each visit takes 2 s at least, and each candidate two of them.
  const RungPlan plan = PlanRung(24, seconds(100), kCost);
  EXPECT_GE(plan.window, kLeastWindow);
  EXPECT_LT(plan.window, 2 * kLeastWindow);
  EXPECT_LT(plan.candidates, 10U);
  EXPECT_GT(plan.candidates, 5U);
}

TEST(PlanRung, MeasuresSomebodyHoweverLittleTimeThereIs) {
  EXPECT_EQ(PlanRung(24, Duration(0), kCost).candidates, 2U);
  EXPECT_EQ(PlanRung(24, seconds(-10), kCost).window, kLeastWindow);
  EXPECT_EQ(PlanRung(1, seconds(-10), kCost).candidates, 1U);
}

TEST(PlanRung, LeavesOutRoundsBeforeFinalists) {
  // Three visits of 3 s at least to a round.
  const RungPlan plan = PlanRung(3, seconds(29), kCost);
  EXPECT_EQ(plan.candidates, 3U);
  EXPECT_EQ(plan.rounds, 3);
  EXPECT_EQ(PlanRung(3, seconds(20), kCost).rounds, 2);
  EXPECT_EQ(PlanRung(3, seconds(13), kCost).candidates, 2U);
}

TEST(TimeOf, IsThatOfAllRungsToCome) {
  const RungPlan plan = PlanRung(24, minutes(10), kCost);
  const double expected = 600;
  EXPECT_NEAR(std::chrono::duration<double>(TimeOf(plan, kCost)).count(), expected, 0.5 * expected);
  EXPECT_EQ(TimeOf({.candidates = 2, .rounds = 4, .window = seconds(1), .is_last = true}, kCost), seconds(88));
}

TEST(CutToHalf, KeepsTheBetterHalf) {
  const std::vector<Standing> standings = {At(0, 10, 50), At(1, 40, 50), At(2, 30, 50), At(3, 20, 50)};
  const Cut cut = CutToHalf(standings);
  EXPECT_THAT(cut.kept, ElementsAre(1, 2));
  EXPECT_THAT(cut.worse, IsEmpty());
  EXPECT_THAT(cut.untold, ElementsAre(3, 0));
}

TEST(CutToHalf, SaysWhoIsWorseThanChanceExplains) {
  const std::vector<Standing> standings = {At(0, 100, 5), At(1, 80, 5), At(2, 98, 5), At(3, 97, 5), At(4, 50, 5)};
  const Cut cut = CutToHalf(standings);
  EXPECT_THAT(cut.kept, ElementsAre(0, 2, 3));
  EXPECT_THAT(cut.worse, ElementsAre(1, 4));
  EXPECT_THAT(cut.untold, IsEmpty());
}

TEST(CutToHalf, KeepsFewerThanHalfIfTheOthersAreClearlyWorse) {
  const std::vector<Standing> standings = {At(0, 100, 1), At(1, 50, 1), At(2, 40, 1), At(3, 30, 1)};
  const Cut cut = CutToHalf(standings);
  EXPECT_THAT(cut.kept, ElementsAre(0));
  EXPECT_THAT(cut.worse, ElementsAre(1, 2, 3));
}

TEST(CutToHalf, DecidesByLatencyWhereNobodyKeepsTheGoal) {
  const std::vector<Standing> standings = {At(0, 0, 0, milliseconds(9)), At(1, 0, 0, milliseconds(3)),
                                           At(2, 0, 0, milliseconds(7)), At(3, 0, 0, milliseconds(5))};
  EXPECT_THAT(CutToHalf(standings).kept, ElementsAre(1, 3));
}

TEST(CutToHalf, TheFailedAreNeitherKeptNorJudged) {
  std::vector<Standing> standings = {At(0, 100, 1), At(1, 200, 1)};
  standings[1].has_failed = true;
  const Cut cut = CutToHalf(standings);
  EXPECT_THAT(cut.kept, ElementsAre(0));
  EXPECT_THAT(cut.failed, ElementsAre(1));
  EXPECT_THAT(CutToHalf({}).kept, IsEmpty());
}

}  // namespace
}  // namespace trireme::tune
