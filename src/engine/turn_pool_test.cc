// SPDX-License-Identifier: Apache-2.0
#include "engine/turn_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <new>
#include <optional>
#include <utility>

namespace trireme {
namespace {

// What a task was told, for the test to look at when it has ended.
struct Told {
  std::atomic<int> turns = 0;  // counts alone
  std::atomic<StatusCode> refused = StatusCode::kOk;
  std::latch ended{1};
};

class FakeTask final : public TurnTask {
 public:
  FakeTask(Told& told, size_t turns, std::function<void(size_t)> work)
      : told_(told), turns_(turns), work_(std::move(work)) {}

  bool IsWanted(TimePoint /*now*/) const override { return told_.refused == StatusCode::kOk; }
  TurnPlan Prepare() override { return {.turns = turns_}; }
  void Do(size_t turn) override {
    work_(turn);
    ++told_.turns;
  }
  void End() override { told_.ended.count_down(); }
  void Refuse(StatusCode why) override { told_.refused = why; }

 private:
  Told& told_;
  const size_t turns_;
  const std::function<void(size_t)> work_;
};

TEST(TurnPool, DoesEveryTurnOnce) {
  Told told[8];
  {
    TurnPool pool({.threads = 3});
    for (Told& one : told) EXPECT_EQ(pool.Submit(std::make_unique<FakeTask>(one, 20, [](size_t) {})), nullptr);
    pool.WaitUntilEmpty();
    for (Told& one : told) EXPECT_EQ(one.turns, 20);
  }
  for (Told& one : told) EXPECT_TRUE(one.ended.try_wait());
}

TEST(TurnPool, DoesTurnsOfOneTaskAtTheSameTime) {
  Told told;
  std::latch all(3);
  TurnPool pool({.threads = 3});
  EXPECT_EQ(pool.Submit(std::make_unique<FakeTask>(told, 3, [&](size_t) { all.arrive_and_wait(); })), nullptr);
  told.ended.wait();
  EXPECT_EQ(told.turns, 3);
}

TEST(TurnPool, FinishesWhatIsThereWhenItGoes) {
  Told told[3];
  {
    TurnPool pool({.threads = 1});
    for (Told& one : told) pool.SubmitFirst(std::make_unique<FakeTask>(one, 2, [](size_t) {}));
  }
  for (Told& one : told) EXPECT_TRUE(one.ended.try_wait());
}

TEST(TurnPool, TellsATaskThatMemoryIsShort) {
  Told told;
  Told next;
  TurnPool pool({.threads = 1});
  EXPECT_EQ(pool.Submit(
                std::make_unique<FakeTask>(told, 9, [](size_t turn) { turn == 1 ? throw std::bad_alloc() : void(); })),
            nullptr);
  EXPECT_EQ(pool.Submit(std::make_unique<FakeTask>(next, 2, [](size_t) {})), nullptr);
  told.ended.wait();
  EXPECT_EQ(told.refused, StatusCode::kOutOfMemory);
  EXPECT_EQ(told.turns, 1);
  next.ended.wait();
  EXPECT_EQ(next.turns, 2) << "the worker goes on";
}

TEST(TurnPool, GivesBackWhatItHasNoPlaceFor) {
  Told told;
  std::latch go_on(1);
  TurnPool pool({.threads = 1, .line = {.max_tasks = 1}});
  EXPECT_EQ(pool.Submit(std::make_unique<FakeTask>(told, 1, [&](size_t) { go_on.wait(); })), nullptr);
  EXPECT_TRUE(pool.full());
  EXPECT_NE(pool.Submit(std::make_unique<FakeTask>(told, 1, [](size_t) {})), nullptr);
  go_on.count_down();
  pool.WaitUntilEmpty();
  EXPECT_FALSE(pool.full());
}

}  // namespace
}  // namespace trireme
