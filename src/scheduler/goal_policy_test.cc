// SPDX-License-Identifier: Apache-2.0
#include "scheduler/goal_policy.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "scheduler/goal_keeper.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;

const TimePoint kStart{std::chrono::hours(1)};

RunTimes TimesOf(const std::function<double(int64_t rows)>& ms) {
  RunTimes times;
  for (int64_t rows = 1; rows <= 64; rows *= 2) {
    times.Record({.rows = rows, .bytes = 8 * static_cast<size_t>(rows)},
                 std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms(rows))));
  }
  return times;
}

RunTimes Linear(double ms) {
  return TimesOf([=](int64_t rows) { return ms * static_cast<double>(rows); });
}
RunTimes Flat(double ms) {
  return TimesOf([=](int64_t) { return ms; });
}

TEST(BestRows, Table) {
  struct Row {
    std::string why;
    RunTimes times;
    BatchChoice choice;
    int64_t rows;
  };
  const std::vector<Row> table = {
      {"a row costs the same in any batch",
       Linear(7),
       {.max_rows = 32, .budget = milliseconds(100), .rows_per_second = 100},
       1},
      {"also under overload", Linear(7), {.max_rows = 32, .budget = milliseconds(100), .rows_per_second = 1000}, 1},
      {"a batch costs what a row costs",
       Flat(7),
       {.max_rows = 32, .budget = milliseconds(100), .rows_per_second = 10000},
       32},
      {"it may not be larger", Flat(7), {.max_rows = 8, .budget = milliseconds(100), .rows_per_second = 10000}, 8},
      {"few come: a small batch does",
       Flat(7),
       {.max_rows = 32, .budget = milliseconds(100), .rows_per_second = 100},
       2},
      {"a large batch would be late itself",
       TimesOf([](int64_t rows) { return rows > 8 ? 60.0 : 10.0; }),
       {.max_rows = 32, .budget = milliseconds(50), .rows_per_second = 1e5},
       8},
      {"without a goal as much as can be done", Flat(7), {.max_rows = 32}, 32},
      {"the largest that is allowed is no power of two", Flat(7), {.max_rows = 24, .rows_per_second = 1e5}, 24},
  };
  for (const Row& row : table) {
    BatchChoice choice = row.choice;
    choice.row_bytes = 8;
    EXPECT_EQ(BestRows(row.times, choice), row.rows) << row.why;
  }
}

TEST(BestRows, StaysWhereItIsUnlessAnotherIsClearlyBetter) {
  const RunTimes times = TimesOf([](int64_t rows) { return rows == 1 ? 10.0 : 9.6 * static_cast<double>(rows); });
  BatchChoice choice{.max_rows = 4, .row_bytes = 8, .budget = milliseconds(500), .rows_per_second = 1000};
  EXPECT_EQ(BestRows(times, choice), 1);
  choice.now = 1;
  EXPECT_EQ(BestRows(times, choice), 1);
}

TEST(BestRows, LeavesAModelAloneOfWhichNothingIsKnown) {
  EXPECT_EQ(BestRows(RunTimes(), {.max_rows = 16, .row_bytes = 8}), 16);
}

TEST(PredictStart, Table) {
  struct Row {
    std::string why;
    Ahead ahead;
    std::vector<int> free_in_ms;
    double share;
    int ms;
  };
  const Duration run = milliseconds(10);
  const std::vector<Row> table = {
      {"idle", {.rows = 0, .batch_run = run, .callers = 2}, {0, 0}, 1, 0},
      {"one is free", {.rows = 0, .batch_run = run, .callers = 2}, {0, 7}, 1, 0},
      {"none is", {.rows = 0, .batch_run = run, .callers = 2}, {3, 7}, 1, 3},
      {"the first free one goes to who waits before", {.rows = 1, .batch_run = run, .callers = 2}, {3, 7}, 1, 7},
      {"then they come round again", {.rows = 2, .batch_run = run, .callers = 2}, {3, 7}, 1, 13},
      {"and again", {.rows = 5, .batch_run = run, .callers = 2}, {3, 7}, 1, 27},
      {"those before go in batches", {.rows = 8, .batch_rows = 4, .batch_run = run, .callers = 1}, {2}, 1, 22},
      {"it shares the batch of those before", {.rows = 3, .batch_rows = 4, .batch_run = run, .callers = 1}, {2}, 1, 2},
      {"others have half", {.rows = 4, .batch_run = run, .callers = 2}, {0, 0}, 0.5, 40},
      {"one instance", {.rows = 3, .batch_run = run, .callers = 1}, {0, 0}, 1, 30},
  };
  for (const Row& row : table) {
    Processors::View view;
    view.share = row.share;
    for (const int ms : row.free_in_ms) view.free_at.push_back(kStart + milliseconds(ms));
    EXPECT_EQ(PredictStart(row.ahead, view, kStart), kStart + milliseconds(row.ms)) << row.why;
  }
}

TEST(ChooseArrangement, Table) {
  constexpr auto kWide = Arrangement::kWide;
  constexpr auto kNarrow = Arrangement::kNarrow;
  struct Row {
    std::string why;
    ArrangementChoice choice;
    Arrangement chosen;
  };
  const Duration narrow = milliseconds(7);
  const Duration wide = milliseconds(4);
  const std::vector<Row> table = {
      {"alone", {.narrow = narrow, .wide = wide, .company = 0}, kWide},
      {"with company", {.narrow = narrow, .wide = wide, .company = 1.5}, kNarrow},
      {"between the two it stays wide", {.narrow = narrow, .wide = wide, .company = 0.6, .now = kWide}, kWide},
      {"or narrow", {.narrow = narrow, .wide = wide, .company = 0.6, .now = kNarrow}, kNarrow},
      {"more processors gain nothing", {.narrow = narrow, .wide = milliseconds(7), .company = 0}, kNarrow},
      {"a goal that only the one can keep",
       {.narrow = narrow, .wide = wide, .company = 9, .budget = milliseconds(5)},
       kWide},
      {"a goal that only the one keeps nearly always",
       {.narrow = narrow, .narrow_most = milliseconds(11), .wide = wide, .company = 9, .budget = milliseconds(10)},
       kWide},
      {"a goal that neither keeps always",
       {.narrow = narrow, .narrow_most = milliseconds(5), .wide = wide, .company = 9, .budget = milliseconds(4)},
       kWide},
      {"a goal that both keep", {.narrow = narrow, .wide = wide, .company = 9, .budget = milliseconds(20)}, kNarrow},
      {"nothing is known", {.company = 0}, kNarrow},
  };
  for (const Row& row : table) EXPECT_EQ(ChooseArrangement(row.choice), row.chosen) << row.why;
}

TEST(AllowedUtilisation, LeavesRoomForWhatComesByChance) {
  const ServiceGoal goal{.quantile = 0.99, .latency = milliseconds(100)};
  // From the formula, worked out: u exp(-2 (1 - u) t places / run) = 0.01.
  EXPECT_NEAR(AllowedUtilisation(milliseconds(50), 1, 1, goal), 0.0649, 0.002);
  EXPECT_NEAR(AllowedUtilisation(milliseconds(20), 1, 1, goal), 0.5088, 0.002);
  EXPECT_NEAR(AllowedUtilisation(milliseconds(5), 1, 2, goal), 0.940, 0.002);
  EXPECT_GT(AllowedUtilisation(std::chrono::microseconds(3), 1, 2, goal), 0.998);
}

TEST(AllowedUtilisation, IsMoreWithMorePlacesAndMoreTime) {
  double before = 0;
  for (const int places : {1, 2, 4, 8}) {
    const double now =
        AllowedUtilisation(milliseconds(30), 1, places, {.quantile = 0.99, .latency = milliseconds(100)});
    EXPECT_GT(now, before);
    before = now;
  }
  EXPECT_GT(AllowedUtilisation(milliseconds(30), 1, 1, {.quantile = 0.9, .latency = milliseconds(100)}),
            AllowedUtilisation(milliseconds(30), 1, 1, {.quantile = 0.99, .latency = milliseconds(100)}));
}

TEST(AllowedUtilisation, IsMoreInBatchesOfWhichOneIsAsLong) {
  const ServiceGoal goal{.quantile = 0.99, .latency = milliseconds(100)};
  EXPECT_GT(AllowedUtilisation(milliseconds(20), 8, 1, goal), AllowedUtilisation(milliseconds(20), 1, 1, goal));
  EXPECT_LT(AllowedUtilisation(milliseconds(50), 8, 1, goal), 0.02) << "who just missed one is late with the next";
}

TEST(FullUse, IsOfTheBatchesThatDoTheMostInTime) {
  const auto flat = TimesOf([](int64_t rows) { return 10 + 0.1 * static_cast<double>(rows); });
  const auto some = TimesOf([](int64_t rows) { return 10 + 5 * static_cast<double>(rows); });
  const struct {
    std::string what;
    const RunTimes& times;
    int64_t max_rows;
    std::optional<ServiceGoal> goal;
    int64_t rows;
  } kCases[] = {
      {"without a goal the largest, if it is worth it", some, 64, std::nullopt, 64},
      {"one by one, if that is all there may be", flat, 1, std::nullopt, 1},
      {"a goal that leaves time", flat, 64, ServiceGoal{.latency = milliseconds(100)}, 64},
      {"a goal that does not", some, 64, ServiceGoal{.latency = milliseconds(100)}, 4},
      {"a goal that cannot be kept", flat, 64, ServiceGoal{.latency = milliseconds(5)}, 1},
  };
  for (const auto& one : kCases) {
    const FullUse full = FindFullUse(one.times, one.max_rows, /*row_bytes=*/8, /*places=*/1, one.goal);
    EXPECT_EQ(full.rows, one.rows) << one.what;
    EXPECT_GT(full.utilisation, 0) << one.what;
    EXPECT_LE(full.utilisation, 1) << one.what;
    EXPECT_GT(full.run, Duration(0)) << one.what;
  }
  EXPECT_EQ(FindFullUse(RunTimes(), 64, 8, 1, std::nullopt).run, Duration(0)) << "nothing is known";
}

TEST(AllowedUtilisation, IsAllWhereNothingIsKnownOrTheGoalCannotBeKept) {
  const ServiceGoal goal{.quantile = 0.99, .latency = milliseconds(100)};
  EXPECT_EQ(AllowedUtilisation(Duration(0), 1, 2, goal), 1);
  EXPECT_EQ(AllowedUtilisation(milliseconds(100), 1, 2, goal), 1);
  EXPECT_EQ(AllowedUtilisation(milliseconds(180), 1, 2, goal), 1);
  EXPECT_GT(AllowedUtilisation(milliseconds(50), 1, 0, goal), 0);
}

TEST(GoalKeeper, PromisesTheWholeTimeWhileItIsKept) {
  GoalKeeper keeper(ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)});
  for (int i = 0; i < 10'000; ++i) keeper.Record(milliseconds(50));
  EXPECT_EQ(keeper.margin(), 1);
  EXPECT_EQ(keeper.Budget(milliseconds(5)), milliseconds(100));
}

TEST(GoalKeeper, PromisesLessWhenAnswersAreLateAndSettles) {
  GoalKeeper keeper(ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)});
  // Answers take what was promised and a tenth: late until nine tenths are promised.
  double least = 1;
  double most = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double spread = (i * 7919 % 1000) / 1000.0;
    keeper.Record(std::chrono::duration_cast<Duration>(milliseconds(100) * keeper.margin() * (1 + 0.1 * spread)));
    if (i < 100'000) continue;
    least = std::min(least, keeper.margin());
    most = std::max(most, keeper.margin());
  }
  EXPECT_LT(keeper.late_share(), 0.01);
  EXPECT_GT(least, 0.85);
  EXPECT_LT(most - least, 0.05) << "it settles";
}

TEST(GoalKeeper, PromisesTheWholeTimeAgainSoonAfterABadWhile) {
  GoalKeeper keeper(ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)});
  for (int i = 0; i < 200; ++i) keeper.Record(milliseconds(300));
  EXPECT_LT(keeper.margin(), 0.6);
  for (int i = 0; i < 3500; ++i) keeper.Record(milliseconds(20));
  EXPECT_EQ(keeper.margin(), 1);
}

TEST(GoalKeeper, DoesNotRefuseEverybodyForAGoalThatCannotBeKept) {
  GoalKeeper keeper(ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)});
  for (int i = 0; i < 10'000; ++i) keeper.Record(milliseconds(180));
  EXPECT_GE(keeper.margin(), 0.5);
  EXPECT_GT(keeper.Budget(milliseconds(180)), milliseconds(180));
}

TEST(GoalKeeper, HasNothingToKeepWithoutAGoal) {
  GoalKeeper keeper(std::nullopt);
  keeper.Record(milliseconds(5));
  EXPECT_EQ(keeper.Budget(milliseconds(5)), Duration(0));
}

}  // namespace
}  // namespace trireme
