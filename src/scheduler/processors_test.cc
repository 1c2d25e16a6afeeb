// SPDX-License-Identifier: Apache-2.0
#include "scheduler/processors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace trireme {
namespace {

using std::chrono::milliseconds;
using Place = Processors::Place;
using Wish = Processors::Wish;

const TimePoint kStart{std::chrono::hours(1)};

Wish Narrow(int64_t ms) {
  return {.arrangement = Arrangement::kNarrow, .expected = milliseconds(ms)};
}
Wish Wide(int64_t ms) {
  return {.arrangement = Arrangement::kWide, .expected = milliseconds(ms)};
}

class ProcessorsTest : public testing::Test {
 protected:
  std::shared_ptr<Processors::Member> Join(const std::string& name, double weight = 1) {
    return processors_.Join(weight, [this, name] { granted_.push_back(name); });
  }
  void GiveBack(Processors::Member& member, const Place& place, Duration after, std::optional<Wish> next = {}) {
    Processors::Notify(processors_.GiveBack(member, place, kStart + after, next));
  }

  Processors processors_{2};
  std::vector<std::string> granted_;
};

using Names = std::vector<std::string>;

TEST_F(ProcessorsTest, RunsAsManyAsThereAreProcessors) {
  const auto a = Join("a");
  EXPECT_TRUE(processors_.TryTake(*a, Narrow(10), kStart));
  const auto second = processors_.TryTake(*a, Narrow(10), kStart);
  ASSERT_TRUE(second);
  EXPECT_FALSE(processors_.TryTake(*a, Narrow(10), kStart));
  GiveBack(*a, *second, milliseconds(10));
  EXPECT_TRUE(processors_.TryTake(*a, Narrow(10), kStart + milliseconds(10)));
}

TEST_F(ProcessorsTest, TellsWhoAskedWhenAPlaceIsFree) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto first = processors_.TryTake(*a, Narrow(10), kStart);
  ASSERT_TRUE(processors_.TryTake(*a, Narrow(10), kStart));
  EXPECT_FALSE(processors_.TakeOrAsk(*b, Narrow(10), kStart));
  EXPECT_FALSE(processors_.TakeOrAsk(*b, Narrow(10), kStart)) << "asks once";
  EXPECT_TRUE(granted_.empty());
  GiveBack(*a, *first, milliseconds(10), Narrow(10));
  EXPECT_EQ(granted_, Names{"b"});
  EXPECT_FALSE(processors_.TryTake(*a, Narrow(10), kStart)) << "it is held for b";
  EXPECT_TRUE(processors_.TryTake(*b, Narrow(10), kStart));
}

TEST_F(ProcessorsTest, KeepsThePlaceOfALineThatGoesOnAlone) {
  const auto a = Join("a");
  const auto place = processors_.TryTake(*a, Narrow(10), kStart);
  GiveBack(*a, *place, milliseconds(10), Narrow(10));
  EXPECT_TRUE(granted_.empty()) << "who gives back sees it himself";
  EXPECT_TRUE(processors_.TryTake(*a, Narrow(10), kStart + milliseconds(10)));
}

// Runs of lines that always have another one, for a while; the time that each had.
std::map<std::string, double> Compete(Processors& processors,
                                      const std::map<std::string, std::pair<double, int>>& lines) {
  struct Line {
    std::shared_ptr<Processors::Member> member;
    int run_ms = 1;
    double had = 0;
  };
  std::map<std::string, Line> all;
  for (const auto& [name, line] : lines) {
    all[name] = {.member = processors.Join(line.first, [] {}), .run_ms = line.second};
  }
  struct Running {
    std::string name;
    Place place;
    TimePoint end;
  };
  std::vector<Running> running;
  TimePoint now = kStart;
  const auto begin_all = [&] {
    for (auto& [name, line] : all) {
      while (const auto place = processors.TakeOrAsk(*line.member, Narrow(line.run_ms), now)) {
        running.push_back({.name = name, .place = *place, .end = now + milliseconds(line.run_ms)});
      }
    }
  };
  begin_all();
  while (now < kStart + std::chrono::seconds(60)) {
    const auto next = std::ranges::min_element(running, {}, &Running::end);
    const Running ended = *next;
    running.erase(next);
    now = ended.end;
    Line& line = all[ended.name];
    line.had += line.run_ms;
    Processors::Notify(processors.GiveBack(*line.member, ended.place, now, Narrow(line.run_ms)));
    begin_all();
  }
  std::map<std::string, double> had;
  for (const auto& [name, line] : all) had[name] = line.had;
  return had;
}

TEST_F(ProcessorsTest, SharesTimeAndNotRuns) {
  const auto had = Compete(processors_, {{"long", {1, 80}}, {"short", {1, 7}}});
  EXPECT_NEAR(had.at("short") / had.at("long"), 1, 0.1);
  EXPECT_NEAR(had.at("short") + had.at("long"), 120'000, 1000);
}

TEST_F(ProcessorsTest, SharesByWeight) {
  const auto had = Compete(processors_, {{"heavy", {3, 10}}, {"light", {1, 10}}});
  EXPECT_NEAR(had.at("heavy") / had.at("light"), 3, 0.2);
}

TEST_F(ProcessorsTest, OneThatPausedCannotSaveUp) {
  const auto busy = Join("busy");
  const auto idle = Join("idle");
  TimePoint now = kStart;
  for (int i = 0; i < 1000; ++i, now += milliseconds(10)) {
    const auto place = processors_.TryTake(*busy, Narrow(10), now);
    Processors::Notify(processors_.GiveBack(*busy, *place, now + milliseconds(10)));
  }
  // From now on both want everything: the one that comes back gets its turn, not ten seconds.
  const auto x = processors_.TakeOrAsk(*busy, Narrow(10), now);
  const auto y = processors_.TakeOrAsk(*busy, Narrow(10), now);
  ASSERT_FALSE(processors_.TakeOrAsk(*idle, Narrow(10), now));
  Processors::Notify(processors_.GiveBack(*busy, *x, now + milliseconds(10), Narrow(10)));
  EXPECT_EQ(granted_, Names{"idle"});
  const auto z = processors_.TryTake(*idle, Narrow(10), now + milliseconds(10));
  ASSERT_TRUE(z);
  Processors::Notify(processors_.GiveBack(*busy, *y, now + milliseconds(10), Narrow(10)));
  EXPECT_TRUE(processors_.TryTake(*busy, Narrow(10), now + milliseconds(10)));
}

TEST_F(ProcessorsTest, AWideRunHasAllOrWaitsForAll) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto narrow = processors_.TryTake(*a, Narrow(10), kStart);
  EXPECT_FALSE(processors_.TryTake(*b, Wide(5), kStart));
  EXPECT_FALSE(processors_.TakeOrAsk(*b, Wide(5), kStart));
  EXPECT_FALSE(processors_.TakeOrAsk(*a, Narrow(10), kStart)) << "it would be overtaken for ever";
  GiveBack(*a, *narrow, milliseconds(10));
  ASSERT_EQ(granted_, Names{"b"});
  const auto wide = processors_.TryTake(*b, Wide(5), kStart + milliseconds(10));
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->arrangement, Arrangement::kWide);
  GiveBack(*b, *wide, milliseconds(15));
  EXPECT_EQ(granted_, (Names{"b", "a"}));
}

TEST_F(ProcessorsTest, AShortRunNeedNotWaitForTheEndOfLongOnes) {
  const auto a = Join("a");
  const auto b = Join("b");
  ASSERT_TRUE(processors_.TryTake(*a, Narrow(100), kStart));
  ASSERT_TRUE(processors_.TryTake(*a, Narrow(100), kStart));
  EXPECT_FALSE(processors_.TryTake(*b, Narrow(26), kStart));
  const auto express = processors_.TryTake(*b, Narrow(5), kStart);
  ASSERT_TRUE(express);
  EXPECT_FALSE(processors_.TryTake(*b, Narrow(5), kStart)) << "one at a time";
  GiveBack(*b, *express, milliseconds(5));
  EXPECT_TRUE(processors_.TryTake(*b, Narrow(5), kStart + milliseconds(5)));
}

TEST_F(ProcessorsTest, SaysWhenProcessorsAreFreeAndWhatShareThereIs) {
  const auto a = Join("a");
  const auto b = Join("b", 3);
  EXPECT_EQ(processors_.Look(*a, kStart).share, 1);
  ASSERT_TRUE(processors_.TryTake(*b, Narrow(30), kStart));
  const Processors::View view = processors_.Look(*a, kStart + milliseconds(10));
  EXPECT_EQ(view.share, 0.25);
  EXPECT_EQ(view.at_work, 1);
  ASSERT_EQ(view.free_at.size(), 2U);
  EXPECT_EQ(view.free_at[0], kStart + milliseconds(10));
  EXPECT_EQ(view.free_at[1], kStart + milliseconds(30));
  EXPECT_EQ(processors_.Look(*a, kStart + milliseconds(50)).free_at[1], kStart + milliseconds(50)) << "overdue";
}

TEST_F(ProcessorsTest, WhoLeavesGivesUpWhatItAskedForOrWasGranted) {
  auto a = Join("a");
  const auto b = Join("b");
  const auto c = Join("c");
  const auto x = processors_.TryTake(*a, Narrow(10), kStart);
  const auto y = processors_.TryTake(*a, Narrow(10), kStart);
  processors_.TakeOrAsk(*b, Narrow(10), kStart);
  processors_.TakeOrAsk(*c, Narrow(10), kStart);
  GiveBack(*a, *x, milliseconds(10));
  ASSERT_EQ(granted_, Names{"b"});
  processors_.Leave(*b, kStart + milliseconds(10));
  EXPECT_EQ(granted_, (Names{"b", "c"}));
  processors_.Leave(*c, kStart + milliseconds(10));
  GiveBack(*a, *y, milliseconds(20));
  EXPECT_EQ(processors_.at_work(), 0);
  EXPECT_TRUE(processors_.TryTake(*a, Wide(1), kStart + milliseconds(20)));
}

TEST_F(ProcessorsTest, APlaceThatIsTakenAnswersTheAskBeforeIt) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto x = processors_.TryTake(*a, Narrow(100), kStart);
  const auto y = processors_.TryTake(*a, Narrow(100), kStart);
  EXPECT_FALSE(processors_.TakeOrAsk(*b, Narrow(50), kStart));
  const auto express = processors_.TakeOrAsk(*b, Narrow(5), kStart);
  ASSERT_TRUE(express);
  GiveBack(*b, *express, milliseconds(5));
  GiveBack(*a, *x, milliseconds(100));
  EXPECT_EQ(granted_, Names{}) << "b has what it asked for";
  GiveBack(*a, *y, milliseconds(100));
  EXPECT_EQ(processors_.at_work(), 0);
}

TEST_F(ProcessorsTest, WhoWithdrawsLeavesHisPlaceToOthers) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto c = Join("c");
  const auto x = processors_.TryTake(*a, Narrow(10), kStart);
  const auto y = processors_.TryTake(*a, Narrow(10), kStart);
  processors_.TakeOrAsk(*b, Narrow(10), kStart);
  processors_.TakeOrAsk(*c, Narrow(10), kStart);
  GiveBack(*a, *x, milliseconds(10));
  ASSERT_EQ(granted_, Names{"b"});
  Processors::Notify(processors_.Withdraw(*b, kStart + milliseconds(11)));
  EXPECT_EQ(granted_, (Names{"b", "c"}));
  EXPECT_TRUE(processors_.Withdraw(*b, kStart + milliseconds(11)).empty()) << "it has nothing any more";
  EXPECT_TRUE(processors_.TryTake(*c, Narrow(10), kStart + milliseconds(11)));

  processors_.TakeOrAsk(*b, Narrow(10), kStart + milliseconds(12));
  EXPECT_EQ(processors_.at_work(), 3);
  EXPECT_TRUE(processors_.Withdraw(*b, kStart + milliseconds(12)).empty());
  EXPECT_EQ(processors_.at_work(), 2) << "nor does it ask";
  GiveBack(*a, *y, milliseconds(20));
  EXPECT_EQ(granted_, (Names{"b", "c"}));
}

// Whoever asks again wants what he asks for last.
TEST_F(ProcessorsTest, AnAskCanChange) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto x = processors_.TryTake(*a, Narrow(10), kStart);
  const auto y = processors_.TryTake(*a, Narrow(20), kStart);
  processors_.TakeOrAsk(*b, Wide(5), kStart);
  processors_.TakeOrAsk(*b, Narrow(10), kStart);
  GiveBack(*a, *x, milliseconds(10));
  EXPECT_EQ(granted_, Names{"b"}) << "one of them is enough";
  const auto place = processors_.TryTake(*b, Narrow(10), kStart + milliseconds(10));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->arrangement, Arrangement::kNarrow);
  GiveBack(*a, *y, milliseconds(20));
  GiveBack(*b, *place, milliseconds(20));
  EXPECT_EQ(processors_.at_work(), 0);
}

TEST_F(ProcessorsTest, AClockThatJumpsBackChargesNothingTwice) {
  const auto a = Join("a");
  const auto b = Join("b");
  const auto x = processors_.TryTake(*a, Narrow(10), kStart);
  GiveBack(*a, *x, -milliseconds(500));
  const auto had = Compete(processors_, {{"c", {1, 10}}, {"d", {1, 10}}});
  EXPECT_NEAR(had.at("c") / had.at("d"), 1, 0.1);
}

}  // namespace
}  // namespace trireme
