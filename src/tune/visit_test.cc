// SPDX-License-Identifier: Apache-2.0
#include "tune/visit.h"

#include <gtest/gtest.h>

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;

constexpr ServiceGoal kGoal = {.quantile = 0.99, .latency = milliseconds(100)};

LoadPoint Closed(int users, double per_second, milliseconds at_quantile, uint64_t failed = 0) {
  return {.users = users, .answered = 100, .failed = failed, .per_second = per_second, .at_quantile = at_quantile};
}

TEST(ScoreOf, IsTheMostAnswersWithinTheGoal) {
  const Visit visit = {
      .points = {Closed(1, 10, milliseconds(20)), Closed(4, 30, milliseconds(99)), Closed(16, 50, milliseconds(101))}};
  EXPECT_EQ(ScoreOf(visit, kGoal), 30);
  EXPECT_EQ(ScoreOf(visit, std::nullopt), 50);
  EXPECT_EQ(BestOf(visit, kGoal)->users, 4);
}

TEST(ScoreOf, DoesNotCountLoadsInWhichRequestsFailed) {
  const Visit visit = {.points = {Closed(1, 10, milliseconds(20)), Closed(4, 30, milliseconds(20), 1)}};
  EXPECT_EQ(ScoreOf(visit, std::nullopt), 10);
  EXPECT_EQ(ScoreOf(Visit(), kGoal), 0);
}

TEST(ScoreOf, IsTheGoodputWhereThatWasSearched) {
  Visit visit = {
      .points = {Closed(4, 30, milliseconds(20)), {.is_open = true, .answered = 100, .failed = 1, .per_second = 25}}};
  EXPECT_EQ(ScoreOf(visit, kGoal), 25);
  visit.points[1].per_second = 0;  // no rate kept the goal
  EXPECT_EQ(ScoreOf(visit, kGoal), 0);
}

TEST(LightestOf, IsThatOfTheFewestUsers) {
  const Visit visit = {.points = {{.is_open = true, .answered = 5, .per_second = 1},
                                  Closed(4, 30, milliseconds(20)),
                                  Closed(1, 10, milliseconds(9))}};
  EXPECT_EQ(LightestOf(visit)->users, 1);
  EXPECT_EQ(LightestOf(Visit()), nullptr);
}

TEST(NextUsers, GrowFromOneToTheMost) {
  std::vector<LoadPoint> points;
  std::vector<int> tried;
  while (const auto users = NextUsers(points, 40, 0, std::nullopt)) {
    tried.push_back(*users);
    points.push_back(Closed(*users, 10.0 * *users, milliseconds(10)));
  }
  EXPECT_EQ(tried, (std::vector{1, 4, 16, 40}));
}

TEST(NextUsers, EndWhereMoreBringNothing) {
  EXPECT_EQ(NextUsers({Closed(1, 100, milliseconds(1)), Closed(4, 102, milliseconds(4))}, 64, 0, std::nullopt),
            std::nullopt);
  EXPECT_EQ(NextUsers({Closed(1, 100, milliseconds(1)), Closed(4, 120, milliseconds(4))}, 64, 0, std::nullopt), 16);
}

TEST(NextUsers, EndWhereTheGoalIsMissed) {
  EXPECT_EQ(NextUsers({Closed(1, 5, milliseconds(180))}, 64, 0, kGoal), std::nullopt);
  EXPECT_EQ(NextUsers({Closed(1, 5, milliseconds(90), 1)}, 64, 0, kGoal), std::nullopt);
}

TEST(NextUsers, StayAroundTheBestOfBefore) {
  std::vector<LoadPoint> points;
  std::vector<int> tried;
  while (const auto users = NextUsers(points, 24, 16, std::nullopt)) {
    tried.push_back(*users);
    points.push_back(Closed(*users, 10, milliseconds(10)));
  }
  EXPECT_EQ(tried, (std::vector{1, 8, 16}));
}

}  // namespace
}  // namespace trireme::tune
