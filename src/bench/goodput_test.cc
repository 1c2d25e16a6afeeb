// SPDX-License-Identifier: Apache-2.0
#include "bench/goodput.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "bench/testing/queue_target.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

GoodputPlan PlanFor(double quantile, Duration latency) {
  return {.goal = {.quantile = quantile, .latency = latency}};
}

// The share of requests that take longer than the goal at a rate, of very many.
double MissShare(const QueueTarget::Options& options, double per_second, Duration goal) {
  QueueTarget queue(options);
  LoadPlan plan{
      .warm_up = seconds(10), .window = seconds(100'000 / static_cast<int64_t>(per_second)), .per_second = per_second};
  const LoadResult load = queue.Run(plan).value();
  const Window& window = load.windows[0];
  return static_cast<double>(window.latency.CountAbove(goal)) / static_cast<double>(window.latency.count());
}

TEST(GoodputTest, FindsTheRateAtWhichAQueueStillKeepsTheGoal) {
  const QueueTarget::Options options{.servers = 2, .service = milliseconds(10)};
  QueueTarget queue(options);
  GoodputPlan plan = PlanFor(0.99, milliseconds(50));
  plan.final_window = seconds(120);
  const Goodput found = FindGoodput(queue, plan).value();
  EXPECT_FALSE(found.interrupted);
  ASSERT_TRUE(found.missed_per_second.has_value());
  EXPECT_LE(*found.missed_per_second, found.per_second * 1.05);
  // By many more requests than the search had: near one in a hundred, on its two sides.
  EXPECT_LT(MissShare(options, found.per_second, milliseconds(50)), 0.02);
  EXPECT_GT(MissShare(options, *found.missed_per_second * 1.05, milliseconds(50)), 0.005);
  EXPECT_LE(found.latency.Quantile(0.99), milliseconds(51));
}

TEST(GoodputTest, EachTryIsLongEnoughToBeBelieved) {
  QueueTarget queue({.servers = 1, .service = milliseconds(20)});
  const Goodput found = FindGoodput(queue, PlanFor(0.99, milliseconds(200))).value();
  for (const GoodputTry& each : found.tries) {
    EXPECT_GE(each.requests, each.kept && each.is_certain ? 299U : 1U) << each.per_second;
  }
}

TEST(GoodputTest, SaysAtOnceThatOneRequestAloneTakesTooLong) {
  QueueTarget queue({.servers = 4, .service = milliseconds(180)});
  const Goodput found = FindGoodput(queue, PlanFor(0.99, milliseconds(100))).value();
  EXPECT_EQ(found.per_second, 0);
  EXPECT_TRUE(found.tries.empty());
  EXPECT_EQ(found.alone.max(), milliseconds(180));
  EXPECT_EQ(queue.loads(), 1);
}

TEST(GoodputTest, BeginsWhereItIsTold) {
  QueueTarget queue({.servers = 1, .service = milliseconds(1)});
  GoodputPlan plan = PlanFor(0.9, milliseconds(20));
  plan.first = 500;
  const Goodput found = FindGoodput(queue, plan).value();
  ASSERT_FALSE(found.tries.empty());
  EXPECT_EQ(found.tries[0].per_second, 500);
}

TEST(GoodputTest, RefusalsAreMisses) {
  QueueTarget queue({.servers = 1, .service = milliseconds(10), .most_waiting = 2});
  const Goodput found = FindGoodput(queue, PlanFor(0.95, milliseconds(500))).value();
  EXPECT_GT(found.per_second, 0);
  EXPECT_LT(found.per_second, 80);  // of 100 that it could answer: the rest finds the line full too often
  ASSERT_TRUE(found.failures.contains("HTTP 429"));
  EXPECT_EQ(found.failures.at("HTTP 429").sample, "the line is full");
}

TEST(GoodputTest, TellsOfEachTry) {
  QueueTarget queue({.servers = 1, .service = milliseconds(5)});
  std::vector<double> told;
  const Goodput found = FindGoodput(queue, PlanFor(0.9, milliseconds(50)), [&](const GoodputTry& each) {
                          told.push_back(each.per_second);
                        }).value();
  ASSERT_EQ(told.size(), found.tries.size());
  EXPECT_EQ(told.back(), found.tries.back().per_second);
}

TEST(GoodputTest, EndsWhenItIsInterrupted) {
  QueueTarget queue({.servers = 1, .service = milliseconds(5)});
  int loads = 0;
  queue.instead = [&](const LoadPlan& plan) -> Result<LoadResult> {
    LoadResult result;
    result.windows.push_back({.length = plan.window});
    for (int i = 0; i < 500; ++i) result.windows[0].latency.Record(milliseconds(5));
    if (++loads == 3) result.early_end = {.why = EarlyEnd::Why::kInterrupted};
    return result;
  };
  const Goodput found = FindGoodput(queue, PlanFor(0.99, milliseconds(50))).value();
  EXPECT_TRUE(found.interrupted);
  EXPECT_EQ(loads, 3);
}

TEST(GoodputTest, PassesOnWhyNothingCanBeMeasured) {
  QueueTarget queue({.servers = 1, .service = milliseconds(5)});
  queue.instead = [](const LoadPlan&) -> Result<LoadResult> { return NotFound("there is no such model"); };
  EXPECT_EQ(FindGoodput(queue, PlanFor(0.99, milliseconds(50))).status().message(), "there is no such model");
}

TEST(GoodputTest, AnOverrunIsAMiss) {
  QueueTarget queue({.servers = 1, .service = milliseconds(5)});
  queue.instead = [](const LoadPlan&) -> Result<LoadResult> {
    LoadResult result;
    result.windows.push_back({.length = seconds(1)});
    result.windows[0].latency.Record(milliseconds(1));
    result.early_end = {.why = EarlyEnd::Why::kOverrun};
    return result;
  };
  const TryResult result = TryRate(queue, PlanFor(0.99, milliseconds(50)), 100, 0).value();
  EXPECT_FALSE(result.outcome.kept);
  EXPECT_TRUE(result.outcome.is_certain);
}

TEST(GoodputTest, HasConnectionsForWhatIsUnderWay) {
  QueueTarget queue({.servers = 1, .service = milliseconds(1)});
  size_t connections = 0;
  queue.instead = [&](const LoadPlan& plan) -> Result<LoadResult> {
    connections = plan.connections;
    LoadResult result;
    result.early_end = {.why = EarlyEnd::Why::kInterrupted};
    return result;
  };
  GoodputPlan plan = PlanFor(0.99, milliseconds(100));
  ASSERT_TRUE(TryRate(queue, plan, 10, 0).ok());
  EXPECT_EQ(connections, 16U);
  ASSERT_TRUE(TryRate(queue, plan, 1'000, 0).ok());
  EXPECT_EQ(connections, 200U);
  plan.calls = 8;
  ASSERT_TRUE(TryRate(queue, plan, 1'000, 0).ok());
  EXPECT_EQ(connections, 25U);
  plan.most_connections = 4;
  ASSERT_TRUE(TryRate(queue, plan, 1'000, 0).ok());
  EXPECT_EQ(connections, 4U);
}

}  // namespace
}  // namespace trireme::bench
