// SPDX-License-Identifier: Apache-2.0
#include "bench/local_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "base/mutex.h"

namespace trireme::bench {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::HasSubstr;

// A load of windows that end with requests: it takes as long as this machine needs.
LoadPlan PlanOfRequests(size_t users, uint64_t requests) {
  return {
      .connections = users, .windows = 2, .window_requests = requests, .most_waiting = 1'000'000, .timeout = hours(1)};
}

TEST(LocalLoadTest, AClosedLoopCountsWhatEnds) {
  std::atomic<uint64_t> runs = 0;
  const LoadResult load = RunLocalLoad(PlanOfRequests(3, 50), 2, [&](uint64_t) {
                            ++runs;
                            return Status();
                          }).value();
  ASSERT_EQ(load.windows.size(), 2u);
  for (const Window& window : load.windows) {
    EXPECT_GE(window.latency.count(), 50u);
    EXPECT_EQ(window.users, 3);
    EXPECT_GT(window.length.count(), 0);
  }
  EXPECT_GE(runs, 100u);
  EXPECT_FALSE(load.early_end.has_value());
}

TEST(LocalLoadTest, RunsAsManyAtATimeAsThereAreCallers) {
  // Both are in at the same time before either goes on: only two threads can end this.
  Mutex mutex;
  CondVar wake;
  int inside = 0;
  std::set<std::thread::id> threads;
  const auto meet = [&](uint64_t turn) {
    MutexLock lock(mutex);
    threads.insert(std::this_thread::get_id());
    ++inside;
    wake.NotifyAll();
    while (turn < 2 && inside < 2) wake.Wait(mutex);
    return Status();
  };
  ASSERT_TRUE(RunLocalLoad(PlanOfRequests(8, 10), 2, meet).ok());
  EXPECT_EQ(threads.size(), 2u);
}

TEST(LocalLoadTest, WhoFindsNoFreeCallerWaits) {
  // One caller, two users: each waits for the other's run, so that no latency is shorter than a run.
  constexpr Duration kRun = milliseconds(1);
  const LoadResult load = RunLocalLoad(PlanOfRequests(2, 5), 1, [&](uint64_t) {
                            const TimePoint end = Clock::System().Now() + kRun;
                            while (Clock::System().Now() < end) {
                            }
                            return Status();
                          }).value();
  EXPECT_GE(load.windows[1].latency.Quantile(0.5), 2 * kRun * 0.99);
}

TEST(LocalLoadTest, AnOpenLoopSendsWhatComes) {
  LoadPlan plan{.warm_up = milliseconds(20), .window = milliseconds(200), .windows = 1, .timeout = hours(1)};
  plan.per_second = 1'000;
  plan.arrivals = Arrivals::kConstant;
  plan.most_waiting = 1'000'000;
  std::atomic<uint64_t> runs = 0;
  const LoadResult load = RunLocalLoad(plan, 3, [&](uint64_t) {
                            ++runs;
                            return Status();
                          }).value();
  // Whatever the machine does meanwhile: all that were to come have come.
  EXPECT_EQ(runs, 220u);
  ASSERT_EQ(load.windows.size(), 1u);
}

TEST(LocalLoadTest, EndsWhenTooManyWait) {
  LoadPlan plan{.window = hours(1), .windows = 1, .timeout = hours(1)};
  plan.per_second = 1e6;
  plan.most_waiting = 10;
  const LoadResult load = RunLocalLoad(plan, 1, [&](uint64_t) {
                            std::this_thread::yield();
                            const TimePoint end = Clock::System().Now() + milliseconds(1);
                            while (Clock::System().Now() < end) {
                            }
                            return Status();
                          }).value();
  ASSERT_TRUE(load.early_end.has_value());
  EXPECT_EQ(load.early_end->why, EarlyEnd::Why::kOverrun);
  EXPECT_THAT(load.early_end->text, HasSubstr("wait for a free caller"));
}

TEST(LocalLoadTest, CountsFailuresByTheirWords) {
  LoadPlan plan = PlanOfRequests(1, 4);
  const LoadResult load =
      RunLocalLoad(plan, 1, [&](uint64_t turn) { return turn % 2 == 0 ? Internal("broken") : Status(); }).value();
  ASSERT_EQ(load.failures.size(), 1u);
  EXPECT_EQ(load.failures.begin()->second.sample, "broken");
  EXPECT_EQ(load.windows[0].failures, 2u);
  EXPECT_EQ(load.windows[0].latency.count(), 2u);
}

TEST(LocalLoadTest, EndsAtTheFirstFailureWhereThatIsWanted) {
  LoadPlan plan = PlanOfRequests(1, 1'000'000);
  plan.stops_on_failure = true;
  const LoadResult load =
      RunLocalLoad(plan, 1, [&](uint64_t turn) { return turn == 3 ? Internal("broken") : Status(); }).value();
  ASSERT_TRUE(load.early_end.has_value());
  EXPECT_EQ(load.early_end->why, EarlyEnd::Why::kFailure);
}

TEST(LocalLoadTest, EndsOnceTooManyMissed) {
  LoadPlan plan = PlanOfRequests(1, 1'000'000);
  plan.miss_limit = {.latency = Duration(0), .most = 5};
  const LoadResult load = RunLocalLoad(plan, 1, [&](uint64_t) { return Status(); }).value();
  ASSERT_TRUE(load.early_end.has_value());
  EXPECT_EQ(load.early_end->why, EarlyEnd::Why::kMissed);
  EXPECT_EQ(load.windows[0].latency.count(), 6u);
}

TEST(LocalLoadTest, EndsWhenItIsInterrupted) {
  const int stop = eventfd(0, EFD_CLOEXEC);
  LoadPlan plan{.window = hours(1), .windows = 1, .timeout = hours(1), .stop_fd = stop};
  const LoadResult load = RunLocalLoad(plan, 1, [&](uint64_t turn) {
                            if (turn == 20) eventfd_write(stop, 1);
                            return Status();
                          }).value();
  close(stop);
  ASSERT_TRUE(load.early_end.has_value());
  EXPECT_EQ(load.early_end->why, EarlyEnd::Why::kInterrupted);
  ASSERT_EQ(load.windows.size(), 1u);
  EXPECT_GE(load.windows[0].latency.count(), 20u);
}

TEST(LocalLoadTest, HasNoStages) {
  LoadPlan plan;
  plan.stages = {{.users = 1, .length = milliseconds(1)}};
  EXPECT_EQ(RunLocalLoad(plan, 1, [](uint64_t) { return Status(); }).status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace trireme::bench
