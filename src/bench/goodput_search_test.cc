// SPDX-License-Identifier: Apache-2.0
#include "bench/goodput_search.h"

#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

using Step = GoodputSearch::Step;

// Against a server whose goal is kept up to `capacity`.
GoodputSearch Search(const GoodputSearch::Options& options, double capacity) {
  GoodputSearch search(options);
  while (const std::optional<Step> step = search.Next()) search.Tried(*step, step->rate <= capacity);
  return search;
}

TEST(GoodputSearchTest, EndsWithinToleranceOfWhatAServerCan) {
  for (const double capacity : {3.0, 47.0, 812.0, 90'000.0}) {
    for (const double first : {0.5, 40.0, 5'000.0}) {
      const GoodputSearch search = Search({.first = first, .tolerance = 0.05, .most_tries = 40}, capacity);
      EXPECT_LE(search.kept(), capacity);
      ASSERT_TRUE(search.missed().has_value());
      EXPECT_GT(*search.missed(), capacity);
      EXPECT_LE(*search.missed(), search.kept() * 1.05) << capacity << " from " << first;
    }
  }
}

TEST(GoodputSearchTest, AGoodGuessCostsFewTries) {
  EXPECT_LE(Search({.first = 100, .tolerance = 0.05}, 110).tries(), 8);
}

TEST(GoodputSearchTest, FindsNothingWhereNothingIsKept) {
  const GoodputSearch search = Search({.first = 8, .least = 1}, 0);
  EXPECT_EQ(search.kept(), 0);
  EXPECT_EQ(search.missed(), 1);
  EXPECT_EQ(search.tries(), 5);  // the last one twice
}

TEST(GoodputSearchTest, BothSidesAreTriedForLongAtTheEnd) {
  GoodputSearch search({.first = 100, .tolerance = 0.05});
  double kept = 0, missed = 0;
  while (const std::optional<Step> step = search.Next()) {
    const bool keeps = step->rate <= 110;
    if (step->is_final) (keeps ? kept : missed) = step->rate;
    search.Tried(*step, keeps);
  }
  EXPECT_EQ(kept, search.kept());
  EXPECT_EQ(missed, search.missed());
}

TEST(GoodputSearchTest, AMissByChanceDecidesNothing) {
  GoodputSearch search({.first = 100, .tolerance = 0.05, .most_tries = 40});
  while (const std::optional<Step> step = search.Next()) {
    search.Tried(*step, step->rate <= 700 && search.tries() != 1);
  }
  EXPECT_LE(search.kept(), 700);
  EXPECT_GT(search.kept(), 700 / 1.05);
}

TEST(GoodputSearchTest, LuckDecidesNothing) {
  // Short tries keep the goal up to 150, long ones up to 100.
  GoodputSearch search({.first = 100, .tolerance = 0.05, .most_tries = 40});
  while (const std::optional<Step> step = search.Next()) {
    search.Tried(*step, step->rate <= (step->is_final ? 100 : 150));
  }
  EXPECT_LE(search.kept(), 100);
  EXPECT_GT(search.kept(), 90);
}

TEST(GoodputSearchTest, EndsAtTheMostThatIsTried) {
  const GoodputSearch search = Search({.first = 8, .most = 50}, 1'000);
  EXPECT_EQ(search.kept(), 50);
  EXPECT_FALSE(search.missed().has_value());
}

TEST(GoodputSearchTest, GivesUpAfterItsTries) {
  EXPECT_EQ(Search({.first = 1, .most_tries = 3}, 1'000).tries(), 3);
}

// Exact binomial tails: 0.99^299 = 0.0495, P(X <= 4 | 1000, 1%) = 0.029, P(X <= 5) = 0.066, P(X >= 16) = 0.047,
// P(X >= 15) = 0.081.
TEST(JudgeTest, IsSureOnceChanceIsNoExplanation) {
  EXPECT_EQ(Judge(298, 0, 0.99), Verdict::kOpen);
  EXPECT_EQ(Judge(299, 0, 0.99), Verdict::kKept);
  EXPECT_EQ(Judge(1000, 4, 0.99), Verdict::kKept);
  EXPECT_EQ(Judge(1000, 5, 0.99), Verdict::kOpen);
  EXPECT_EQ(Judge(1000, 15, 0.99), Verdict::kOpen);
  EXPECT_EQ(Judge(1000, 16, 0.99), Verdict::kMissed);
  EXPECT_EQ(Judge(3, 3, 0.99), Verdict::kMissed);
  EXPECT_EQ(Judge(0, 0, 0.99), Verdict::kOpen);
}

TEST(JudgeTest, CountsMillions) {
  EXPECT_EQ(Judge(10'000'000, 99'000, 0.99), Verdict::kKept);
  EXPECT_EQ(Judge(10'000'000, 100'000, 0.99), Verdict::kOpen);
  EXPECT_EQ(Judge(10'000'000, 101'000, 0.99), Verdict::kMissed);
  EXPECT_EQ(Judge(10'000'000, 10'000'000, 0.5), Verdict::kMissed);
}

TEST(JudgeTest, SaysHowManyRequestsCanTell) {
  EXPECT_EQ(FewestRequests(0.99), 299U);
  EXPECT_EQ(FewestRequests(0.999), 2'995U);
  EXPECT_EQ(FewestRequests(0.5), 5U);
  EXPECT_EQ(MostMisses(1'000, 0.99), 15U);
  EXPECT_EQ(MostMisses(1, 0.99), 0U);
}

}  // namespace
}  // namespace trireme::bench
