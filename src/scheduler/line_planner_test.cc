// SPDX-License-Identifier: Apache-2.0
#include "scheduler/line_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Why = Expired::Why;

const TimePoint kStart{std::chrono::hours(1)};
constexpr size_t kRowBytes = 1000;
constexpr ServiceGoal kGoal{.quantile = 0.99, .latency = milliseconds(100)};
constexpr ServiceGoal kShortGoal{.quantile = 0.99, .latency = milliseconds(8)};  // between a wide run and a narrow one

RequestPtr Request(const std::string& id = "", Duration came = {}, TimePoint deadline = kNever) {
  auto request = std::make_unique<InferRequest>();
  request->id = id;
  request->bytes = kRowBytes;
  request->stages.received = request->stages.queued = kStart + came;
  request->deadline = deadline;
  return request;
}

RunSize Size(int64_t rows, Arrangement arrangement = Arrangement::kNarrow) {
  return {.rows = rows, .bytes = kRowBytes * static_cast<size_t>(rows), .arrangement = arrangement};
}

double Ms(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Without a goal or with one, and with runs of one row that take 10 ms, and at most an eighth more.
LinePlanner Planner(std::optional<ServiceGoal> goal, int instances = 2, int64_t max_rows = 1) {
  LinePlanner planner({.rules = {.max_rows = max_rows}, .goal = goal, .instances = instances});
  planner.Learn(Size(1), milliseconds(10));
  return planner;
}

LinePlanner PlannerWithWide(std::optional<ServiceGoal> goal, Duration wide = milliseconds(6)) {
  LinePlanner planner = Planner(goal);
  planner.Learn(Size(1, Arrangement::kWide), wide);
  planner.HaveWide();
  return planner;
}

Processors::View Free(const std::vector<Duration>& free_in, double share = 1) {
  Processors::View view{.count = static_cast<int>(free_in.size()), .free_at = {}, .share = share};
  for (const Duration in : free_in) view.free_at.push_back(kStart + in);
  return view;
}

// --- What a request may expect.

TEST(LinePlannerExpects, AnAnswerAfterTheRunsBeforeIt) {
  const struct {
    std::string what;
    int waiting;
    std::vector<Duration> free_in;
    double share;
    double answered_ms;
    bool is_refused;
  } kCases[] = {
      {"all is free", 0, {{}, {}}, 1, 10, false},
      {"a place will be", 0, {milliseconds(50), milliseconds(60)}, 1, 60, false},
      {"as many wait as run at a time", 2, {{}, {}}, 1, 20, false},
      {"twice as many", 4, {{}, {}}, 1, 30, false},
      {"one more takes the place that is free later", 1, {milliseconds(5), milliseconds(8)}, 1, 18, false},
      {"others have half of the processors", 4, {{}, {}}, 0.5, 50, false},
      {"so many wait that it would just be in time", 16, {{}, {}}, 1, 90, false},
      {"and that it would not, if its run takes long", 18, {{}, {}}, 1, 100, true},
      {"nor if nobody waits", 0, {milliseconds(95), milliseconds(95)}, 1, 105, true},
  };
  for (const auto& one : kCases) {
    LinePlanner planner = Planner(kGoal);
    for (int i = 0; i < one.waiting; ++i) planner.Push(Request());
    const auto expectation = planner.Expect(*Request(), Free(one.free_in, one.share), kStart);
    EXPECT_NEAR(Ms(expectation.predicted - kStart), one.answered_ms, 0.01) << one.what;
    EXPECT_EQ(expectation.is_refused, one.is_refused) << one.what;
    EXPECT_EQ(expectation.latest, kStart + kGoal.latency) << one.what;
    EXPECT_EQ(expectation.one_run, milliseconds(10)) << one.what;
    EXPECT_FALSE(expectation.is_own_deadline) << one.what;
  }
}

TEST(LinePlannerExpects, TheDelayThatItWaitsForCompany) {
  const struct {
    std::string what;
    Duration delay;
    int waiting;
    Duration deadline;
    double answered_ms;
  } kCases[] = {
      {"alone", milliseconds(50), 0, {}, 60},
      {"with one that has waited for 20 ms", milliseconds(50), 1, {}, 40},
      {"it fills the batch", milliseconds(50), 3, {}, 10},
      {"its deadline is sooner", milliseconds(50), 0, milliseconds(40), 50 - 11.25 * 1.25},
      {"the goal is sooner", milliseconds(500), 0, {}, 110 - 11.25 * 1.25},
      {"for ever", Duration::max(), 0, {}, 110 - 11.25 * 1.25},
  };
  for (const auto& one : kCases) {
    LinePlanner planner({.rules = {.max_rows = 4, .max_delay = one.delay}, .goal = kGoal, .instances = 2});
    for (const int64_t rows : {1, 2, 4}) planner.Learn(Size(rows), milliseconds(10));
    for (int i = 0; i < one.waiting; ++i) planner.Push(Request("", -milliseconds(20)));
    RequestPtr request = Request();
    if (one.deadline > Duration(0)) request->deadline = kStart + one.deadline;
    const auto expectation = planner.Expect(*request, Free({{}, {}}), kStart);
    EXPECT_NEAR(Ms(expectation.predicted - kStart), one.answered_ms, 0.01) << one.what;
    EXPECT_FALSE(expectation.is_refused) << one.what;
  }
}

TEST(LinePlannerExpects, ThoseBeforeItToTakeAsLongAsTheyDo) {
  LinePlanner planner = Planner(std::nullopt, /*instances=*/1);
  planner.Learn({.rows = 1, .bytes = 100 * kRowBytes}, milliseconds(300));
  for (int i = 0; i < 2; ++i) {
    RequestPtr large = Request();
    large->bytes = 100 * kRowBytes;
    planner.Push(std::move(large));
  }
  const TimePoint predicted = planner.Expect(*Request(), Free({{}}), kStart).predicted;
  EXPECT_DOUBLE_EQ(Ms(predicted - kStart), 610);
}

TEST(LinePlannerExpects, NothingOfRunsThatWereNeverSeen) {
  LinePlanner planner({.rules = {}, .goal = kGoal});
  for (int i = 0; i < 1000; ++i) planner.Push(Request());
  const auto expectation = planner.Expect(*Request(), Free({seconds(9)}), kStart);
  EXPECT_EQ(expectation.predicted, TimePoint());
  EXPECT_FALSE(expectation.is_refused);
}

TEST(LinePlannerExpects, ItsOwnBatchToBeAsLargeAsTheLineMakesIt) {
  LinePlanner planner = Planner(kGoal, /*instances=*/1, /*max_rows=*/8);
  planner.Learn(Size(8), milliseconds(24));
  for (int i = 0; i < 11; ++i) planner.Push(Request());
  // A full one, and its own with the three that are left.
  const auto expectation = planner.Expect(*Request(), Free({{}}), kStart);
  EXPECT_NEAR(Ms(expectation.predicted - kStart), 24 + 10 + 14 * 3.0 / 7, 0.01);
}

TEST(LinePlannerExpects, ARunOnAllProcessorsWhileItIsAlone) {
  LinePlanner planner = PlannerWithWide(kGoal);
  const auto answered_ms = [&](const Processors::View& processors) {
    return Ms(planner.Expect(*Request(), processors, kStart).predicted - kStart);
  };
  EXPECT_NEAR(answered_ms(Free({{}, {}})), 6, 0.01);
  EXPECT_NEAR(answered_ms(Free({{}, milliseconds(5)})), 10, 0.01) << "others are there";
  planner.Push(Request());
  EXPECT_NEAR(answered_ms(Free({{}, {}})), 10, 0.01) << "one waits";
}

TEST(LinePlannerExpects, AClientsOwnDeadlineToCountLikeTheGoal) {
  const struct {
    std::string what;
    std::optional<ServiceGoal> goal;
    Duration deadline;
    int waiting;
    bool is_own, is_refused;
  } kCases[] = {
      {"it is far", std::nullopt, milliseconds(100), 4, true, false},
      {"it would be missed", std::nullopt, milliseconds(25), 4, true, true},
      {"it is before the goal", kGoal, milliseconds(25), 4, true, true},
      {"it is behind the goal", kGoal, milliseconds(500), 20, false, true},
      {"it has passed: the line says so", std::nullopt, milliseconds(-1), 4, true, false},
  };
  for (const auto& one : kCases) {
    LinePlanner planner = Planner(one.goal);
    for (int i = 0; i < one.waiting; ++i) planner.Push(Request());
    const RequestPtr request = Request("", {}, kStart + one.deadline);
    EXPECT_TRUE(planner.Promises(*request)) << one.what;
    const auto expectation = planner.Expect(*request, Free({{}, {}}), kStart);
    EXPECT_EQ(expectation.is_own_deadline, one.is_own) << one.what;
    EXPECT_EQ(expectation.is_refused, one.is_refused) << one.what;
  }
  EXPECT_FALSE(Planner(std::nullopt).Promises(*Request()));
}

TEST(LinePlannerExpects, NoGoalToBeAReasonToLeavePlacesIdle) {
  const LinePlanner planner = Planner(kShortGoal);  // a run takes longer
  EXPECT_FALSE(planner.Expect(*Request(), Free({{}, {}}), kStart).is_refused);
  // Three runs are promised instead.
  EXPECT_FALSE(planner.Expect(*Request(), Free({milliseconds(15), milliseconds(15)}), kStart).is_refused);
  EXPECT_TRUE(planner.Expect(*Request(), Free({milliseconds(25), milliseconds(25)}), kStart).is_refused);
}

TEST(LinePlannerExpects, AnEstimateToBeWrongThatRefusedEverybodyForASecond) {
  LinePlanner planner = Planner(std::nullopt);
  planner.Ran(Size(1), milliseconds(10), kStart);
  const auto is_refused = [&](Duration at) {
    return planner.Expect(*Request("", at, kStart + at + milliseconds(5)), Free({{}, {}}), kStart + at).is_refused;
  };
  EXPECT_TRUE(is_refused({}));
  EXPECT_TRUE(is_refused(milliseconds(900)));
  EXPECT_FALSE(is_refused(milliseconds(1100)));
}

TEST(LinePlannerExpects, LessTimeForAnswersAfterSomeWereLate) {
  LinePlanner planner = Planner(kGoal);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(planner.Answered({.received = kStart, .predicted = {}, .answered = kStart + milliseconds(101)}));
  }
  const auto latest = [&] { return planner.Expect(*Request(), Free({{}, {}}), kStart).latest; };
  EXPECT_NEAR(Ms(latest() - kStart), 80, 0.1);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(planner.Answered({.received = kStart, .predicted = {}, .answered = kStart + milliseconds(99)}));
  }
  EXPECT_EQ(latest(), kStart + kGoal.latency);
}

// --- What begins.

class LinePlannerBegins : public testing::Test {
 protected:
  LinePlanner::Begun Begin(LinePlanner& planner, Duration at = {}) {
    return planner.Begin(processors_, *member_, kStart + at, /*flush=*/false);
  }
  static std::vector<std::string> Ids(const std::vector<RequestPtr>& batch) {
    std::vector<std::string> ids;
    for (const RequestPtr& request : batch) ids.push_back(request->id);
    return ids;
  }
  using Names = std::vector<std::string>;

  Processors processors_{2};
  const std::shared_ptr<Processors::Member> member_ = processors_.Join(1, [] {});
};

TEST_F(LinePlannerBegins, NothingWhenNobodyWaits) {
  LinePlanner planner = Planner(kGoal);
  const LinePlanner::Begun begun = Begin(planner);
  EXPECT_FALSE(begun.place);
  EXPECT_FALSE(begun.awaits_place);
  EXPECT_TRUE(begun.taken.empty());
  EXPECT_FALSE(planner.NextWish(kStart));
}

TEST_F(LinePlannerBegins, ARunForWhichThereIsAPlaceAndElseAsksForOne) {
  LinePlanner planner = Planner(kGoal);
  for (const char* id : {"a", "b", "c"}) planner.Push(Request(id));
  for (const char* id : {"a", "b"}) {
    const LinePlanner::Begun begun = Begin(planner);
    ASSERT_TRUE(begun.place);
    EXPECT_EQ(begun.place->arrangement, Arrangement::kNarrow);
    EXPECT_EQ(begun.place->expected, milliseconds(10));
    EXPECT_EQ(Ids(begun.taken.batch), Names{id});
  }
  const LinePlanner::Begun none = Begin(planner);
  EXPECT_FALSE(none.place);
  EXPECT_TRUE(none.awaits_place);
  EXPECT_TRUE(none.taken.empty());
}

TEST_F(LinePlannerBegins, WithoutAPlaceTheAnswersOfThoseWhoseTimeHasRunOut) {
  LinePlanner planner = Planner(std::nullopt);
  for (const char* id : {"a", "b"}) planner.Push(Request(id));
  const LinePlanner::Begun runs[] = {Begin(planner), Begin(planner)};
  planner.Push(Request("c", {}, kStart + milliseconds(30)));
  planner.Push(Request("d"));
  const LinePlanner::Begun begun = Begin(planner, milliseconds(30));
  EXPECT_TRUE(begun.awaits_place);
  ASSERT_EQ(begun.taken.expired.size(), 1U);
  EXPECT_EQ(begun.taken.expired[0].request->id, "c");
  EXPECT_EQ(begun.taken.expired[0].why, Why::kDeadline);
}

TEST_F(LinePlannerBegins, AndGivesThePlaceBackIfNobodyIsLeftToRun) {
  LinePlanner planner = Planner(std::nullopt);
  planner.Push(Request("a", {}, kStart + milliseconds(5)));
  const LinePlanner::Begun begun = Begin(planner);
  EXPECT_FALSE(begun.place);
  EXPECT_FALSE(begun.awaits_place);
  ASSERT_EQ(begun.taken.expired.size(), 1U);
  EXPECT_EQ(begun.taken.expired[0].why, Why::kTooLate);
  EXPECT_EQ(processors_.at_work(), 0);
}

TEST_F(LinePlannerBegins, NothingBeforeADelayIsOver) {
  LinePlanner planner({.rules = {.max_rows = 8, .max_delay = milliseconds(5)}});
  planner.Push(Request("a"));
  EXPECT_TRUE(Begin(planner, milliseconds(4)).taken.empty());
  EXPECT_EQ(Ids(Begin(planner, milliseconds(5)).taken.batch), Names{"a"});
}

TEST_F(LinePlannerBegins, BeforeTheDelayIsOverIfItWouldBeTooLateThen) {
  LinePlanner planner({.rules = {.max_rows = 8, .max_delay = seconds(1)}, .goal = kGoal});
  planner.Learn(Size(1), milliseconds(10));
  planner.Push(Request("a"));
  EXPECT_TRUE(Begin(planner, milliseconds(80)).taken.empty());
  const TimePoint due = planner.NextDue();
  EXPECT_NEAR(Ms(due - kStart), 100 - 11.25 * 1.25, 0.01) << "its run may take an eighth longer, and some to spare";
  EXPECT_EQ(Ids(Begin(planner, due + milliseconds(2) - kStart).taken.batch), Names{"a"}) << "it woke up late";
}

TEST_F(LinePlannerBegins, WhoWokeUpTooLateForTheGoalAllTheSame) {
  LinePlanner planner({.rules = {.max_rows = 8, .max_delay = seconds(1)}, .goal = kGoal});
  planner.Learn(Size(1), milliseconds(10));
  planner.Push(Request("a"));
  EXPECT_EQ(Ids(Begin(planner, milliseconds(99)).taken.batch), Names{"a"});
}

TEST_F(LinePlannerBegins, ABatchThatIsAsLargeAsItMayBeWithoutDelay) {
  LinePlanner planner({.rules = {.max_rows = 8, .max_delay = milliseconds(50)}, .goal = kGoal});
  for (const int64_t rows : {1, 2, 4, 8}) planner.Learn(Size(rows), rows * milliseconds(10));
  planner.Arrived(*Request(), 0, kStart);
  planner.Ran(Size(1), milliseconds(10), kStart);
  ASSERT_EQ(planner.account(kStart).batch_rows, 1) << "a larger one does no more";
  planner.Push(Request("a"));
  EXPECT_EQ(Ids(Begin(planner).taken.batch), Names{"a"});
}

// Neither asked for nor kept: other lines could not use it meanwhile.
TEST_F(LinePlannerBegins, WithoutAPlaceWhileNothingIsDue) {
  LinePlanner planner({.rules = {.max_rows = 2, .max_delay = milliseconds(50)}});
  planner.Push(Request("a"));
  EXPECT_FALSE(planner.NextWish(kStart));
  EXPECT_TRUE(planner.NextWish(kStart + milliseconds(50)));

  const auto other = processors_.Join(1, [] {});
  const Processors::Wish run = {.expected = milliseconds(10)};
  std::optional<Processors::Place> places[] = {processors_.TryTake(*other, run, kStart),
                                               processors_.TryTake(*other, run, kStart)};
  EXPECT_TRUE(Begin(planner, milliseconds(50)).awaits_place);
  Processors::Grants grants = processors_.GiveBack(*other, *places[0], kStart + milliseconds(51));
  EXPECT_EQ(grants.size(), 1U) << "it is held for the line";
  EXPECT_EQ(planner.TakeInline(kStart + milliseconds(51), nullptr).batch.size(), 1U);
  EXPECT_FALSE(Begin(planner, milliseconds(52)).awaits_place);
  EXPECT_EQ(processors_.at_work(), 1) << "the other's run";
}

TEST_F(LinePlannerBegins, OneThatIsAloneOnAllProcessors) {
  LinePlanner planner = PlannerWithWide(kGoal);
  planner.Push(Request("a"));
  const LinePlanner::Begun alone = Begin(planner);
  ASSERT_TRUE(alone.place);
  EXPECT_EQ(alone.place->arrangement, Arrangement::kWide);
  EXPECT_EQ(alone.place->expected, milliseconds(6));
  processors_.GiveBack(*member_, *alone.place, kStart);
  for (const char* id : {"b", "c"}) planner.Push(Request(id));
  EXPECT_EQ(Begin(planner).place->arrangement, Arrangement::kNarrow) << "another waits";
  EXPECT_EQ(Begin(planner).place->arrangement, Arrangement::kNarrow) << "another runs";
}

// Under pressure: others were refused a while ago.
TEST_F(LinePlannerBegins, ThoseFirstThatKeepToTheGoalAndGivesTheOthersUpUnderPressure) {
  const struct {
    std::string what;
    std::optional<Duration> refused;  // when somebody was
    bool is_given_up;
  } kCases[] = {{"nobody was refused", std::nullopt, false},
                {"just now", milliseconds(4999), true},
                {"less than a second ago", milliseconds(4001), true},
                {"more than that", milliseconds(3999), false}};
  for (const auto& one : kCases) {
    LinePlanner planner = Planner(kGoal);
    const Duration now = seconds(5);
    planner.Push(Request("late", now - milliseconds(95)));
    planner.Push(Request("new", now));
    if (one.refused) planner.Refused(kStart + *one.refused);
    const LinePlanner::Begun begun = Begin(planner, now);
    ASSERT_TRUE(begun.place) << one.what;
    EXPECT_EQ(Ids(begun.taken.batch), Names{"new"}) << one.what;
    EXPECT_EQ(begun.taken.expired.size(), one.is_given_up ? 1U : 0U) << one.what;
    for (const Expired& expired : begun.taken.expired) EXPECT_EQ(expired.why, Why::kGoal);
    processors_.GiveBack(*member_, *begun.place, kStart + now);
  }
}

TEST_F(LinePlannerBegins, TheLeastLateIfAllAre) {
  LinePlanner planner = Planner(kGoal);
  planner.Push(Request("very late", -milliseconds(120)));
  planner.Push(Request("late", -milliseconds(95)));
  planner.Refused(kStart);
  const LinePlanner::Begun begun = Begin(planner);
  EXPECT_EQ(Ids(begun.taken.batch), Names{"late"});
  ASSERT_EQ(begun.taken.expired.size(), 1U);
  EXPECT_EQ(begun.taken.expired[0].request->id, "very late");
}

// --- With all processors, or one?

// So many others are found by each who comes, for long enough to be believed.
void Come(LinePlanner& planner, double company) {
  for (int i = 0; i < 200; ++i) planner.Arrived(*Request(), company, kStart);
}

// Enough to know how long they take.
void RunWide(LinePlanner& planner, Duration took, Duration at = {}) {
  for (int i = 0; i < 10; ++i) planner.Ran(Size(1, Arrangement::kWide), took, kStart + at);
}

TEST(LinePlannerPrefers, AllProcessorsForWhoIsAloneIfThatIsQuicker) {
  const struct {
    std::string what;
    std::optional<ServiceGoal> goal;
    double company;
    Duration wide;
    Arrangement preferred;
  } kCases[] = {
      {"alone", std::nullopt, 0, milliseconds(6), Arrangement::kWide},
      {"alone, with a goal", kGoal, 0, milliseconds(6), Arrangement::kWide},
      {"in company", std::nullopt, 3, milliseconds(6), Arrangement::kNarrow},
      {"in company, with a goal", kGoal, 3, milliseconds(6), Arrangement::kNarrow},
      {"alone, and it gains nothing", std::nullopt, 0, milliseconds(10), Arrangement::kNarrow},
      {"the goal can only be kept so", kShortGoal, 3, milliseconds(6), Arrangement::kWide},
      {"nor so, and it is as quick as it goes", kShortGoal, 3, milliseconds(9), Arrangement::kWide},
  };
  for (const auto& one : kCases) {
    LinePlanner planner = PlannerWithWide(one.goal, one.wide);
    Come(planner, one.company);
    RunWide(planner, one.wide);
    EXPECT_EQ(planner.account(kStart).arrangement, one.preferred) << one.what;
  }
}

TEST(LinePlannerPrefers, WhatItHasUntilCompanyIsClearlyMoreOrLess) {
  LinePlanner planner = PlannerWithWide(std::nullopt);
  const auto preferred = [&](double company) {
    Come(planner, company);
    RunWide(planner, milliseconds(6));
    return planner.account(kStart).arrangement;
  };
  EXPECT_EQ(preferred(0.2), Arrangement::kWide);
  EXPECT_EQ(preferred(0.6), Arrangement::kWide);
  EXPECT_EQ(preferred(0.9), Arrangement::kNarrow);
  EXPECT_EQ(preferred(0.6), Arrangement::kNarrow);
  EXPECT_EQ(preferred(0.2), Arrangement::kWide);
}

TEST(LinePlannerPrefers, ToLookNowAndThenWhetherAllProcessorsAreStillSlower) {
  LinePlanner planner = PlannerWithWide(std::nullopt, milliseconds(10));
  Come(planner, 0);
  RunWide(planner, milliseconds(10));
  const auto preferred_after_a_run = [&](Duration at) {
    planner.Ran(Size(1), milliseconds(10), kStart + at);
    return planner.account(kStart + at).arrangement;
  };
  EXPECT_EQ(preferred_after_a_run(milliseconds(1900)), Arrangement::kNarrow);
  EXPECT_EQ(preferred_after_a_run(milliseconds(2100)), Arrangement::kWide);
}

TEST(LinePlannerWishes, ForAllProcessorsOnlyIfTheGoalCannotBeKeptOtherwise) {
  for (const auto& goal : {std::optional<ServiceGoal>(), std::optional(kGoal), std::optional(kShortGoal)}) {
    LinePlanner planner = PlannerWithWide(goal);
    planner.Push(Request());
    RunWide(planner, milliseconds(6));
    const bool must_be_wide = goal == kShortGoal;
    EXPECT_EQ(planner.NextWish(kStart)->arrangement, must_be_wide ? Arrangement::kWide : Arrangement::kNarrow);
    EXPECT_EQ(planner.NextWish(kStart)->expected, must_be_wide ? milliseconds(6) : milliseconds(10));
  }
}

TEST(LinePlannerWishes, ForOneNowAndThenToSeeWhetherThatIsStillSo) {
  LinePlanner planner = PlannerWithWide(kShortGoal);
  planner.Push(Request());
  int narrow = 0;
  constexpr int kRuns = 5120;
  for (int i = 0; i < kRuns; ++i) {
    if (planner.NextWish(kStart)->arrangement == Arrangement::kNarrow) ++narrow;
    planner.Ran(Size(1, Arrangement::kWide), milliseconds(6), kStart);
  }
  EXPECT_GT(narrow, 0);
  EXPECT_LT(narrow, kRuns / 200) << "they are late: less than half of what the goal allows may be";
}

// Who is alone and late takes processors from other lines: but what is known of runs must not stay wrong for ever.
TEST_F(LinePlannerBegins, OneThatIsLateUnderPressureOnlyIfNothingRanForAWhile) {
  const struct {
    std::string what;
    Duration last_run;
    bool is_given_up;
  } kCases[] = {{"a run has just ended", milliseconds(4950), true},
                {"within the last second", milliseconds(4000), true},
                {"none for more than that", milliseconds(3999), false}};
  for (const auto& one : kCases) {
    LinePlanner planner = Planner(kGoal);
    const Duration now = seconds(5);
    planner.Ran(Size(1), milliseconds(10), kStart + one.last_run);
    planner.Refused(kStart + now - milliseconds(1));
    planner.Push(Request("late", now - milliseconds(95)));
    const LinePlanner::Begun begun = Begin(planner, now);
    EXPECT_EQ(begun.place.has_value(), !one.is_given_up) << one.what;
    EXPECT_EQ(begun.taken.expired.size(), one.is_given_up ? 1U : 0U) << one.what;
    if (begun.place) processors_.GiveBack(*member_, *begun.place, kStart + now);
  }
  EXPECT_EQ(processors_.at_work(), 0);
}

// --- How large batches may be.

TEST(LinePlannerGrows, ToWhatTheGoalAllowsAndStaysForAWhile) {
  LinePlanner planner({.rules = {.max_rows = 32}, .goal = kGoal, .instances = 1});
  for (int64_t rows = 1; rows <= 32; rows *= 2) planner.Learn(Size(rows), milliseconds(10));
  const auto few = [&](Duration from) {  // come, and are run alone
    for (int i = 0; i < 20; ++i) {
      const TimePoint now = kStart + from + i * milliseconds(20);
      planner.Arrived(*Request(), 0, now);
      planner.Ran(Size(1), milliseconds(10), now);
    }
    return planner.account(kStart + from).batch_rows;
  };
  EXPECT_LE(few({}), 2);
  EXPECT_TRUE(planner.Grow(kStart + seconds(1)));
  EXPECT_EQ(planner.account(kStart).batch_rows, 32);
  EXPECT_FALSE(planner.Grow(kStart + seconds(1))) << "no more than that";
  EXPECT_EQ(few(seconds(2)), 32) << "though few come";
  EXPECT_LE(few(seconds(6)), 2);
}

TEST(LinePlannerGrows, NotWhereLargerBatchesDoNoMore) {
  LinePlanner planner = Planner(kGoal, /*instances=*/2, /*max_rows=*/8);
  for (const int64_t rows : {2, 4, 8}) planner.Learn(Size(rows), rows * milliseconds(10));
  for (int i = 0; i < 20; ++i) planner.Ran(Size(1), milliseconds(10), kStart);
  EXPECT_FALSE(planner.Grow(kStart));
  LinePlanner without({.rules = {.max_rows = 8}});
  EXPECT_FALSE(without.Grow(kStart));
}

// --- What it is capable of.

double Saving(const LinePlanner& planner) {
  const LinePlanner::Capacity capacity = planner.capacity();
  return static_cast<double>(capacity.when_full.count()) / static_cast<double>(capacity.as_run.count());
}

TEST(LinePlannerCapacity, IsThatOfFullBatchesWhileRequestsAreRunOneByOne) {
  LinePlanner planner({.rules = {.max_rows = 8}, .goal = kGoal, .instances = 1});
  EXPECT_EQ(planner.capacity().utilisation, 1) << "nothing is known";
  for (const int64_t rows : {1, 2, 4, 8}) planner.Learn(Size(rows), milliseconds(10));
  EXPECT_EQ(planner.capacity().as_run, Duration(0)) << "nothing ran yet";
  planner.Arrived(*Request(), 0, kStart);
  planner.Ran(Size(1), milliseconds(10), kStart);
  EXPECT_NEAR(Saving(planner), 1.0 / 8, 1e-6);
  EXPECT_GT(planner.capacity().utilisation, 0.9);
  for (int i = 0; i < 10'000; ++i) planner.Ran(Size(4), milliseconds(10), kStart);
  EXPECT_NEAR(Saving(planner), 0.5, 1e-3);
}

TEST(LinePlannerCapacity, IsWhatThereIsWhereBatchesDoNotPay) {
  LinePlanner planner = Planner(kGoal, /*instances=*/1, /*max_rows=*/8);
  for (const int64_t rows : {2, 4, 8}) planner.Learn(Size(rows), rows * milliseconds(10));
  planner.Ran(Size(1), milliseconds(10), kStart);
  EXPECT_EQ(Saving(planner), 1);
}

// Requests of which no two can share a run: larger batches will never be.
TEST_F(LinePlannerBegins, BatchesThatCouldNotBeLargerAndCountAsWhatTheyCost) {
  LinePlanner planner({.rules = {.max_rows = 8}, .instances = 1});
  for (const int64_t rows : {1, 2, 4, 8}) planner.Learn(Size(rows), milliseconds(10));
  for (int64_t width = 1; width <= 3; ++width) {
    RequestPtr request = Request();
    request->inputs.push_back({.name = "x", .tensor = {.shape = {1, width}}});
    planner.Push(std::move(request));
  }
  const LinePlanner::Begun begun = Begin(planner);
  ASSERT_EQ(begun.taken.batch.size(), 1U);
  planner.Ran(Size(1), milliseconds(10), kStart);
  EXPECT_EQ(Saving(planner), 1);
}

}  // namespace
}  // namespace trireme
