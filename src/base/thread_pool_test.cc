// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace trireme {
namespace {

TEST(ThreadPoolTest, FinishesTheLineBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool({.threads = 3});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&done] { ++done; }));
  }
  EXPECT_EQ(done, 500);
}

TEST(ThreadPoolTest, OneThreadWorksInOrderOfArrival) {
  std::vector<int> order;
  {
    ThreadPool pool({.threads = 1});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Submit([&order, i] { order.push_back(i); }));
  }
  ASSERT_EQ(order.size(), 100);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(ThreadPoolTest, RefusesAJobWhenTheLineIsFull) {
  std::promise<void> started;
  std::promise<void> go_on;
  std::atomic<int> done = 0;
  {
    ThreadPool pool({.threads = 1, .max_waiting = 2});
    ASSERT_TRUE(pool.Submit([&] {
      started.set_value();
      go_on.get_future().wait();
    }));
    started.get_future().wait();  // from here on the line is empty and the only thread busy
    EXPECT_TRUE(pool.Submit([&done] { ++done; }));
    EXPECT_TRUE(pool.Submit([&done] { ++done; }));
    EXPECT_FALSE(pool.Submit([&done] { done += 100; }));
    go_on.set_value();
  }
  EXPECT_EQ(done, 2);
}

TEST(ThreadPoolTest, RunsAsManyJobsAtOnceAsItHasThreads) {
  constexpr int kThreads = 3;
  std::atomic<int> arrived = 0;
  std::promise<void> all_here;
  const std::shared_future<void> go_on = all_here.get_future().share();
  ThreadPool pool({.threads = kThreads});
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.Submit([&, go_on] {
      if (++arrived == kThreads) all_here.set_value();
      go_on.wait();  // nobody passes before all are here
    }));
  }
  go_on.wait();
  EXPECT_EQ(arrived, kThreads);
}

TEST(ThreadPoolTest, AJobMaySubmitAnother) {
  std::promise<void> done;
  ThreadPool pool({.threads = 1});
  ASSERT_TRUE(pool.Submit([&] { EXPECT_TRUE(pool.Submit([&done] { done.set_value(); })); }));
  done.get_future().wait();
}

TEST(ThreadPoolTest, AJobWithoutMemoryHarmsNoOther) {
  std::promise<void> done;
  ThreadPool pool({.threads = 1});
  ASSERT_TRUE(pool.Submit([] { throw std::bad_alloc(); }));
  ASSERT_TRUE(pool.Submit([&done] { done.set_value(); }));
  done.get_future().wait();
}

TEST(ThreadPoolTest, NamesItsThreads) {
  std::array<char, 16> name = {};
  {
    ThreadPool pool({.name = "a name longer than fifteen", .threads = 1});
    ASSERT_TRUE(pool.Submit([&] { pthread_getname_np(pthread_self(), name.data(), name.size()); }));
  }
  EXPECT_STREQ(name.data(), "a name longer t");
}

}  // namespace
}  // namespace trireme
