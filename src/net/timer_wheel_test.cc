// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{hours(1)};

class CountingTimer final : public Timer {
 public:
  void OnDeadline(TimePoint now) override {
    ++fired;
    fired_at = now;
    if (then) then();
  }
  int fired = 0;
  TimePoint fired_at;
  std::function<void()> then;
};

TEST(TimerWheel, FiresOnceAtTheDeadlineOrATickLater) {
  TimerWheel wheel(kStart);
  CountingTimer timer;
  wheel.Set(timer, kStart + seconds(10));
  wheel.Advance(kStart + seconds(10) - milliseconds(1));
  EXPECT_EQ(timer.fired, 0);
  wheel.Advance(kStart + seconds(10) + TimerWheel::kTick);
  EXPECT_EQ(timer.fired, 1);
  wheel.Advance(kStart + hours(1));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, ForgetsADeadlineThatMovedAway) {
  TimerWheel wheel(kStart);
  CountingTimer timer;
  wheel.Set(timer, kStart + seconds(1));
  wheel.Set(timer, kStart + seconds(5));
  wheel.Advance(kStart + seconds(4));
  EXPECT_EQ(timer.fired, 0);
  wheel.Advance(kStart + seconds(6));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, KeepsADeadlineThatMovedNearer) {
  TimerWheel wheel(kStart);
  CountingTimer timer;
  wheel.Set(timer, kStart + seconds(75));
  wheel.Set(timer, kStart + seconds(10));
  wheel.Advance(kStart + seconds(11));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, NeverFiresAtNever) {
  TimerWheel wheel(kStart);
  CountingTimer timer;
  wheel.Set(timer, kStart + seconds(1));
  wheel.Set(timer, kNever);
  wheel.Advance(kStart + hours(1));
  EXPECT_EQ(timer.fired, 0);
  EXPECT_EQ(wheel.next_look(), kNever);
  wheel.Set(timer, kStart + hours(1) + seconds(1));
  wheel.Advance(kStart + hours(2));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, ReachesDeadlinesBeyondOneTurn) {
  TimerWheel wheel(kStart);
  CountingTimer timer;
  const Duration turn = TimerWheel::kSlots * TimerWheel::kTick;
  wheel.Set(timer, kStart + 3 * turn);
  for (int i = 1; i < 30; ++i) wheel.Advance(kStart + i * turn / 10);
  EXPECT_EQ(timer.fired, 0);
  wheel.Advance(kStart + 3 * turn + TimerWheel::kTick);
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, SurvivesAPauseOfManyTurns) {
  TimerWheel wheel(kStart);
  CountingTimer soon;
  CountingTimer late;
  wheel.Set(soon, kStart + seconds(1));
  wheel.Set(late, kStart + hours(30));
  wheel.Advance(kStart + hours(29));
  EXPECT_EQ(soon.fired, 1);
  EXPECT_EQ(late.fired, 0);
  wheel.Advance(kStart + hours(31));
  EXPECT_EQ(late.fired, 1);
}

TEST(TimerWheel, LetsATimerSetItselfAndEndOthersWhileItFires) {
  TimerWheel wheel(kStart);
  CountingTimer first;
  auto second = std::make_unique<CountingTimer>();
  wheel.Set(first, kStart + seconds(1));
  wheel.Set(*second, kStart + seconds(1));
  first.then = [&] {
    second.reset();
    if (first.fired == 1) wheel.Set(first, kStart + seconds(3));
  };
  wheel.Advance(kStart + seconds(2));
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second, nullptr);
  wheel.Advance(kStart + seconds(4));
  EXPECT_EQ(first.fired, 2);
}

TEST(TimerWheel, SaysWhenItMustLookNext) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.next_look(), kNever);
  CountingTimer timer;
  wheel.Set(timer, kStart + seconds(10));
  EXPECT_GE(wheel.next_look(), kStart + seconds(10));
  EXPECT_LE(wheel.next_look(), kStart + seconds(10) + TimerWheel::kTick);
}

// Random deadlines, moved at random, against what the rule says.
TEST(TimerWheel, NeverFiresEarlyNorMoreThanATickLate) {
  std::mt19937 random(7);
  TimerWheel wheel(kStart);
  std::vector<CountingTimer> timers(50);
  std::vector<TimePoint> deadlines(timers.size(), kNever);
  TimePoint now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const size_t i = random() % timers.size();
    deadlines[i] = now + milliseconds(1 + random() % 300'000);
    wheel.Set(timers[i], deadlines[i]);
    now += milliseconds(random() % 50);
    wheel.Advance(now);
    for (size_t j = 0; j < timers.size(); ++j) {
      if (timers[j].fired > 0) {
        ASSERT_LE(deadlines[j], now);
        timers[j].fired = 0;
        deadlines[j] = kNever;
      } else {
        ASSERT_TRUE(deadlines[j] == kNever || now < deadlines[j] + TimerWheel::kTick);
      }
    }
  }
}

}  // namespace
}  // namespace trireme::net
