// SPDX-License-Identifier: Apache-2.0
#include "tune/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr ServiceGoal kGoal = {.quantile = 0.99, .latency = milliseconds(100)};

// A machine that gives each candidate its own rate, with noise, and takes the time that was planned.
class FakeHost final : public SearchHost {
 public:
  explicit FakeHost(std::vector<double> rates, double noise = 0.02) : rates_(std::move(rates)), noise_(noise) {}

  Result<Visit> Measure(const VisitOrder& order) override {
    if (orders.size() == stop_after) return Cancelled("interrupted");
    orders.push_back(order);
    std::normal_distribution<double> wobble(1, noise_);
    Visit visit{.rung = order.rung,
                .round = order.round,
                .candidate = order.candidate,
                .window = order.window,
                .start = milliseconds(500),
                .length = milliseconds(500) + order.window * 4};
    const double rate = rates_[order.candidate] * std::max(wobble(random_), 0.1);
    if (rate < 0) {
      visit.failure = "it ended";
    } else {
      visit.points = {{.users = 1, .answered = 100, .per_second = rate / 4, .at_quantile = latency},
                      {.users = 4, .answered = 100, .per_second = rate, .at_quantile = latency}};
    }
    visits.push_back(visit);
    return visit;
  }
  void OnProgress(const SearchProgress& progress, const VisitOrder& /*next*/) override { told.push_back(progress); }

  size_t stop_after = SIZE_MAX;
  Duration latency = milliseconds(10);
  std::vector<VisitOrder> orders;
  std::vector<Visit> visits;
  std::vector<SearchProgress> told;

 private:
  const std::vector<double> rates_;
  const double noise_;
  std::mt19937_64 random_{7};
};

std::vector<double> Rates(size_t count, size_t best) {
  std::vector<double> rates(count);
  for (size_t i = 0; i < count; ++i) rates[i] = 50 + static_cast<double>((i * 37) % 23);
  rates[best] = 100;
  return rates;
}

constexpr SearchRules kRules = {.goal = std::nullopt, .budget = minutes(10)};

Result<SearchResult> SearchAmong(FakeHost& host, size_t count, const SearchRules& rules = kRules,
                                 const std::vector<Visit>& done = {}) {
  return RunSearch(count, std::vector<bool>(count), rules, done, host);
}

TEST(RunSearch, FindsTheBest) {
  for (const size_t best : {0U, 7U, 29U}) {
    FakeHost host(Rates(30, best));
    const SearchResult result = SearchAmong(host, 30).value();
    ASSERT_FALSE(result.standings.empty());
    EXPECT_EQ(result.standings[0].candidate, best);
    EXPECT_EQ(result.fates[best].kind, Fate::Kind::kFinalist);
    EXPECT_FALSE(result.time_was_up);
    EXPECT_EQ(result.standings.size(), 30U);
    EXPECT_NEAR(result.standings[0].score.mean, 100, 5);
  }
}

TEST(RunSearch, LooksFirstThenMeasuresInRoundsOfOrdersOfTheirOwn) {
  FakeHost host(Rates(8, 3));
  ASSERT_TRUE(SearchAmong(host, 8).ok());
  EXPECT_EQ(host.orders[0].rung, -1);
  EXPECT_EQ(host.orders[0].candidate, 0U);
  std::vector<size_t> first, second;
  for (const VisitOrder& order : host.orders) {
    if (order.rung == 0 && order.round == 0) first.push_back(order.candidate);
    if (order.rung == 0 && order.round == 1) second.push_back(order.candidate);
  }
  EXPECT_EQ(first.size(), 8U);
  EXPECT_NE(first, second);
  std::ranges::sort(first);
  std::ranges::sort(second);
  EXPECT_EQ(first, second);
}

TEST(RunSearch, NeverDropsSilentlyWhatItCannotTellFromTheBest) {
  FakeHost host(std::vector<double>(12, 100), 0.1);
  const SearchResult result = SearchAmong(host, 12).value();
  for (const Fate& fate : result.fates) {
    EXPECT_NE(fate.kind, Fate::Kind::kLeftOut);
    EXPECT_NE(fate.kind, Fate::Kind::kFailed);
  }
  EXPECT_GT(std::ranges::count(result.fates, Fate::Kind::kUntold, &Fate::kind), 4);
}

TEST(RunSearch, TellsTheClearlyWorseFromThoseLeftForWantOfTime) {
  std::vector<double> rates(12, 10);
  rates[4] = 100;
  FakeHost host(rates);
  const SearchResult result = SearchAmong(host, 12).value();
  EXPECT_EQ(std::ranges::count(result.fates, Fate::Kind::kWorse, &Fate::kind), 11);
  EXPECT_EQ(result.standings[0].candidate, 4U);
}

TEST(RunSearch, GoesOnAsIfItHadNeverBeenInterrupted) {
  FakeHost whole(Rates(20, 11));
  const SearchResult expected = SearchAmong(whole, 20).value();
  for (const size_t stop : {0U, 1U, 25U, 42U}) {
    FakeHost host(Rates(20, 11));
    host.stop_after = stop;
    EXPECT_EQ(SearchAmong(host, 20).status().code(), StatusCode::kCancelled);
    host.stop_after = SIZE_MAX;
    const std::vector<Visit> done = host.visits;
    const SearchResult result = SearchAmong(host, 20, kRules, done).value();
    EXPECT_EQ(result.fates, expected.fates) << stop;
    EXPECT_EQ(host.visits, whole.visits) << stop;
  }
}

TEST(RunSearch, MeasuresNothingTwiceThatIsDone) {
  FakeHost first(Rates(9, 2));
  ASSERT_TRUE(SearchAmong(first, 9).ok());
  FakeHost again(Rates(9, 2));
  ASSERT_TRUE(SearchAmong(again, 9, kRules, first.visits).ok());
  EXPECT_TRUE(again.orders.empty());
}

TEST(RunSearch, KeepsToItsTime) {
  FakeHost host(Rates(40, 3));
  SearchRules rules = kRules;
  rules.budget = seconds(60);
  const SearchResult result = SearchAmong(host, 40, rules).value();
  Duration spent{0};
  for (const Visit& visit : host.visits) spent += visit.length;
  EXPECT_LT(spent, seconds(80));
  EXPECT_TRUE(result.time_was_up);
  EXPECT_GT(std::ranges::count(result.fates, Fate::Kind::kLeftOut, &Fate::kind), 0);
  EXPECT_FALSE(result.standings.empty());
  EXPECT_EQ(result.fates[result.standings[0].candidate].kind, Fate::Kind::kFinalist);
}

TEST(RunSearch, TheOthersGoOnWhereOneFails) {
  std::vector<double> rates = Rates(10, 6);
  rates[0] = rates[3] = -1;
  FakeHost host(rates);
  const SearchResult result = SearchAmong(host, 10).value();
  EXPECT_EQ(result.standings[0].candidate, 6U);
  EXPECT_EQ(result.fates[3], (Fate{.kind = Fate::Kind::kFailed, .rung = 0, .failure = "it ended"}));
  EXPECT_EQ(result.standings.size(), 8U);
  // And it is not asked again.
  EXPECT_EQ(std::ranges::count(host.orders, 3U, &VisitOrder::candidate), 1);
}

TEST(RunSearch, EndsWhereAllFail) {
  FakeHost host(std::vector<double>(5, -1));
  const SearchResult result = SearchAmong(host, 5).value();
  EXPECT_TRUE(result.standings.empty());
  EXPECT_EQ(std::ranges::count(result.fates, Fate::Kind::kFailed, &Fate::kind), 5);
  EXPECT_EQ(host.orders.size(), 5U);
}

TEST(RunSearch, DoesNotMeasureTheRefused) {
  FakeHost host(Rates(4, 0));
  const SearchResult result = RunSearch(4, {true, false, true, false}, kRules, {}, host).value();
  for (const VisitOrder& order : host.orders) EXPECT_TRUE(order.candidate == 1 || order.candidate == 3);
  EXPECT_EQ(result.fates[0].kind, Fate::Kind::kRefused);
  FakeHost idle(Rates(2, 0));
  EXPECT_TRUE(RunSearch(2, {true, true}, kRules, {}, idle)->standings.empty());
  EXPECT_TRUE(idle.orders.empty());
}

TEST(RunSearch, TakesTheQuickestWhereNobodyKeepsTheGoal) {
  FakeHost host(Rates(8, 3));
  host.latency = milliseconds(180);
  SearchRules rules = kRules;
  rules.goal = kGoal;
  const SearchResult result = SearchAmong(host, 8, rules).value();
  EXPECT_EQ(result.standings[0].score.mean, 0);
  EXPECT_EQ(result.fates[result.standings[0].candidate].kind, Fate::Kind::kFinalist);
}

TEST(RunSearch, MeasuresAGridInFull) {
  FakeHost host(Rates(6, 2));
  const SearchRules rules = {.goal = std::nullopt, .whole_grid = true, .rounds = 3, .window = seconds(1)};
  const SearchResult result = SearchAmong(host, 6, rules).value();
  EXPECT_EQ(host.orders.size(), 1U + 3 * 6);
  EXPECT_EQ(result.rungs, 1);
  EXPECT_EQ(std::ranges::count(result.fates, Fate::Kind::kFinalist, &Fate::kind), 6);
  for (size_t i = 1; i < host.orders.size(); ++i) EXPECT_TRUE(host.orders[i].is_last);
}

TEST(RunSearch, TellsHowFarItIs) {
  FakeHost host(Rates(12, 5));
  ASSERT_TRUE(SearchAmong(host, 12).ok());
  ASSERT_EQ(host.told.size(), host.orders.size() - 1);
  EXPECT_EQ(host.told.front().visits_done, 0U);
  EXPECT_EQ(host.told.front().visits_planned, 24U);
  EXPECT_LT(host.told.back().time_left, host.told.front().time_left);
  for (const SearchProgress& progress : host.told) {
    EXPECT_LE(progress.visits_done, progress.visits_planned);
    EXPECT_LT(progress.rung, progress.rungs);
  }
}

}  // namespace
}  // namespace trireme::tune
