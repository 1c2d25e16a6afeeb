// SPDX-License-Identifier: Apache-2.0
#include "net/loop_executor.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace trireme::net {
namespace {

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(std::function<void()> function) : function_(std::move(function)) {}
  void Run() override {
    const std::unique_ptr<FunctionTask> self(this);
    function_();
  }

 private:
  std::function<void()> function_;
};

void Post(Executor& executor, std::function<void()> function) {
  executor.Post(std::make_unique<FunctionTask>(std::move(function)).release());
}

bool Rang(const LoopExecutor& executor) {
  pollfd bell{.fd = executor.bell(), .events = POLLIN, .revents = 0};
  return poll(&bell, 1, 0) == 1;
}

TEST(LoopExecutor, RunsTasksInOrder) {
  const auto executor = std::make_shared<LoopExecutor>();
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) Post(*executor, [&ran, i] { ran.push_back(i); });
  executor->RunTasks();
  EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
}

TEST(LoopExecutor, RingsOnlyForALoopThatSleeps) {
  const auto executor = std::make_shared<LoopExecutor>();
  Post(*executor, [] {});
  EXPECT_FALSE(Rang(*executor));
  executor->RunTasks();
  ASSERT_TRUE(executor->TryToSleep());
  Post(*executor, [] {});
  EXPECT_TRUE(Rang(*executor));
  executor->RunTasks();
}

TEST(LoopExecutor, RingsOnceForABurst) {
  const auto executor = std::make_shared<LoopExecutor>();
  ASSERT_TRUE(executor->TryToSleep());
  for (int i = 0; i < 3; ++i) Post(*executor, [] {});
  uint64_t rings = 0;
  ASSERT_EQ(read(executor->bell(), &rings, sizeof(rings)), static_cast<ssize_t>(sizeof(rings)));
  EXPECT_EQ(rings, 1u);
  executor->RunTasks();
}

TEST(LoopExecutor, DoesNotSleepOverATask) {
  const auto executor = std::make_shared<LoopExecutor>();
  Post(*executor, [] {});
  EXPECT_FALSE(executor->TryToSleep());
  executor->RunTasks();
  EXPECT_TRUE(executor->TryToSleep());
}

TEST(LoopExecutor, KnowsItsThread) {
  const auto executor = std::make_shared<LoopExecutor>();
  EXPECT_FALSE(executor->OnThread());
  executor->BindToThisThread();
  EXPECT_TRUE(executor->OnThread());
  bool elsewhere = true;
  std::thread([&] { elsewhere = executor->OnThread(); }).join();
  EXPECT_FALSE(elsewhere);
  executor->Close();
}

TEST(LoopExecutor, RunsWhatComesAfterItsEndOnThePostersThread) {
  const auto executor = std::make_shared<LoopExecutor>();
  executor->Close();
  int ran = 0;
  Post(*executor, [&] {
    EXPECT_TRUE(executor->OnThread());
    ++ran;
    Post(*executor, [&] { ++ran; });  // from within: runs after this one
    EXPECT_EQ(ran, 1);
  });
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(executor->OnThread());
}

TEST(LoopExecutor, LosesNoTaskAroundItsEnd) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  const auto executor = std::make_shared<LoopExecutor>();
  int ran = 0;  // unguarded on purpose: tasks run one at a time, and each sees what the last did
  std::vector<std::thread> posters;
  for (int i = 0; i < kThreads; ++i) {
    posters.emplace_back([&] {
      for (int j = 0; j < kTasks; ++j) Post(*executor, [&ran] { ++ran; });
    });
  }
  for (int i = 0; i < 100; ++i) executor->RunTasks();
  executor->Close();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(ran, kThreads * kTasks);
}

}  // namespace
}  // namespace trireme::net
