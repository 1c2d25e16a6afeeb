// SPDX-License-Identifier: Apache-2.0
#include "engine/turn_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using testing::ElementsAre;

constexpr TimePoint kNow{std::chrono::hours(1)};

// What is asked of a task under the lock; the test does the rest by hand.
class FakeTask final : public TurnTask {
 public:
  FakeTask(std::string name, const bool& wanted) : name_(std::move(name)), wanted_(wanted) {}

  const std::string& name() const { return name_; }
  bool IsWanted(TimePoint /*now*/) const override { return wanted_; }
  TurnPlan Prepare() override { return {}; }
  void Do(size_t /*turn*/) override {}
  void End() override {}
  void Refuse(StatusCode /*why*/) override {}

 private:
  const std::string name_;
  const bool& wanted_;
};

class TurnLineTest : public testing::Test {
 protected:
  void Push(const std::string& name) {
    wanted_[name] = true;
    EXPECT_EQ(line_.Push(std::make_unique<FakeTask>(name, wanted_[name])), nullptr);
  }
  void PushFirst(const std::string& name) {
    wanted_[name] = true;
    line_.PushFirst(std::make_unique<FakeTask>(name, wanted_[name]));
  }

  static std::string Text(const std::optional<TurnLine::Turn>& turn) {
    if (!turn) return "nothing";
    const std::string& name = dynamic_cast<const FakeTask&>(turn->task()).name();
    switch (turn->step()) {
      case TurnLine::Step::kPrepare:
        return "look at " + name;
      case TurnLine::Step::kDo:
        return name + std::to_string(turn->number());
      case TurnLine::Step::kRefuse:
        return "refuse " + name;
      case TurnLine::Step::kEnd:
        return "end " + name;
    }
    return "?";
  }

  // Pushed and looked at; its first turn is done if it gets one at once.
  std::optional<TurnLine::Turn> Begin(const std::string& name, const TurnPlan& plan) {
    Push(name);
    const auto look = line_.Take(kNow);
    EXPECT_EQ(Text(look), "look at " + name);
    return line_.Prepared(*look, plan, kNow);
  }

  // What one worker does until there is nothing left.
  std::vector<std::string> WorkOff() {
    std::vector<std::string> steps;
    for (auto turn = line_.Take(kNow); turn; turn = line_.Take(kNow)) {
      while (turn) {
        steps.push_back(Text(turn));
        turn = Next(*turn);
      }
    }
    return steps;
  }

  std::optional<TurnLine::Turn> Next(const TurnLine::Turn& turn) {
    if (turn.step() == TurnLine::Step::kDo) return line_.Done(turn, kNow);
    if (turn.step() == TurnLine::Step::kPrepare) return line_.Prepared(turn, plan_, kNow);
    line_.Ended(turn);
    return std::nullopt;
  }

  std::map<std::string, bool> wanted_;
  TurnPlan plan_{.turns = 2};  // of whatever WorkOff() looks at
  size_t elsewhere_ = 0;
  TurnLine line_{
      {.max_tasks = 4, .max_bytes = 100, .bytes_elsewhere = [this] { return elsewhere_; }, .max_effort = 10}};
};

TEST_F(TurnLineTest, GivesEachATurnOneAfterTheOther) {
  plan_.turns = 3;
  Push("a");
  Push("b");
  EXPECT_THAT(WorkOff(), ElementsAre("look at a", "a0", "look at b", "b0", "a1", "b1", "a2", "end a", "b2", "end b"));
  EXPECT_EQ(line_.tasks(), 0U);
  EXPECT_EQ(line_.bytes(), 0U);
}

TEST_F(TurnLineTest, LetsFreeWorkersDoTurnsOfTheSameTask) {
  const auto first = Begin("a", {.turns = 2});
  EXPECT_EQ(Text(first), "a0");
  const auto second = line_.Take(kNow);
  EXPECT_EQ(Text(second), "a1");
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  EXPECT_EQ(Text(line_.Done(*first, kNow)), "nothing") << "the other is still at work";
  EXPECT_EQ(Text(line_.Done(*second, kNow)), "end a");
}

TEST_F(TurnLineTest, IsFullOfTasksAndNotOfTurns) {
  for (const char* name : {"a", "b", "c", "d"}) Push(name);
  bool wanted = true;
  EXPECT_NE(line_.Push(std::make_unique<FakeTask>("e", wanted)), nullptr);
  PushFirst("f");
  EXPECT_EQ(line_.tasks(), 5U) << "what ends something is taken whatever waits";
  EXPECT_EQ(WorkOff().size(), 5 * 4U);
  EXPECT_FALSE(line_.full());
}

TEST_F(TurnLineTest, GivesEverySecondTurnToWhatEndsSomething) {
  plan_.turns = 1;
  Push("a");
  Push("b");
  PushFirst("x");
  PushFirst("y");
  EXPECT_THAT(WorkOff(), ElementsAre("look at x", "x0", "end x", "look at a", "a0", "end a", "look at y", "y0", "end y",
                                     "look at b", "b0", "end b"));
}

TEST_F(TurnLineTest, StartsWhatThereIsMemoryFor) {
  const auto a = Begin("a", {.turns = 1, .held_bytes = 60});
  EXPECT_EQ(Text(Begin("b", {.turns = 1, .held_bytes = 50})), "nothing");
  EXPECT_EQ(Text(Begin("c", {.turns = 1, .held_bytes = 10})), "nothing") << "b would wait for ever";
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  EXPECT_FALSE(line_.HasTurn());
  line_.Ended(*line_.Done(*a, kNow));
  EXPECT_TRUE(line_.HasTurn());
  EXPECT_EQ(Text(line_.Take(kNow)), "b0");
  EXPECT_EQ(Text(line_.Take(kNow)), "c0");
  EXPECT_EQ(line_.bytes(), 60U);
}

TEST_F(TurnLineTest, RefusesWhatNobodyHereWillFreeMemoryFor) {
  const auto a = Begin("a", {.turns = 1, .held_bytes = 10});
  elsewhere_ = 50;
  EXPECT_EQ(Text(Begin("b", {.turns = 1, .held_bytes = 41})), "nothing") << "a will free some";
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  elsewhere_ = 60;
  line_.Ended(*line_.Done(*a, kNow));
  EXPECT_TRUE(line_.HasTurn());
  const auto b = line_.Take(kNow);
  EXPECT_EQ(Text(b), "refuse b");
  line_.Ended(*b);
  const auto c = Begin("c", {.turns = 1, .held_bytes = 41});
  EXPECT_EQ(Text(c), "refuse c");
  line_.Ended(*c);
  EXPECT_EQ(Text(Begin("d", {.turns = 1, .held_bytes = 40})), "d0");
}

TEST_F(TurnLineTest, RefusesNothingThatEndsSomething) {
  elsewhere_ = 100;
  PushFirst("x");
  plan_ = {.turns = 1, .held_bytes = 50};
  EXPECT_THAT(WorkOff(), ElementsAre("look at x", "x0", "end x"));
}

TEST_F(TurnLineTest, LetsWhatIsLargerThanAllMemoryBeAlone) {
  const auto large = Begin("large", {.turns = 1, .held_bytes = 1000});
  EXPECT_EQ(Text(large), "large0");
  EXPECT_EQ(Text(Begin("small", {.turns = 1, .held_bytes = 1})), "nothing");
  line_.Ended(*line_.Done(*large, kNow));
  EXPECT_EQ(Text(line_.Take(kNow)), "small0");
}

TEST_F(TurnLineTest, TakesATurnAtTheSameTimeOnlyWithMemoryForIt) {
  const auto first = Begin("a", {.turns = 3, .held_bytes = 50, .turn_bytes = 40});
  const auto second = line_.Take(kNow);
  EXPECT_EQ(Text(second), "a1");
  EXPECT_EQ(line_.bytes(), 90U);
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  EXPECT_EQ(Text(Begin("b", {.turns = 1, .held_bytes = 5})), "b0") << "others go on";
  EXPECT_FALSE(line_.Done(*first, kNow));
  EXPECT_EQ(Text(line_.Take(kNow)), "a2");
  EXPECT_EQ(line_.bytes(), 95U);
}

TEST_F(TurnLineTest, RefusesMoreEffortThanItCanPromise) {
  EXPECT_EQ(Text(Begin("a", {.turns = 1, .effort = 50})), "a0") << "alone";
  const auto refused = Begin("b", {.turns = 1, .effort = 1});
  EXPECT_EQ(Text(refused), "refuse b");
  line_.Ended(*refused);
  EXPECT_EQ(line_.effort(), 50U);
}

TEST_F(TurnLineTest, EndsWhatNobodyWantsAnyMore) {
  const auto a = Begin("a", {.turns = 1, .held_bytes = 100});
  EXPECT_FALSE(Begin("b", {.turns = 1, .held_bytes = 100}));
  Push("c");
  Push("d");
  wanted_["b"] = false;  // it waits for memory
  wanted_["d"] = false;  // it was never looked at
  EXPECT_THAT(WorkOff(), ElementsAre("end d", "end b", "look at c", "c0", "c1", "end c"));
  EXPECT_EQ(Text(line_.Done(*a, kNow)), "end a");
}

TEST_F(TurnLineTest, EndsWhatWentWrongOnceNobodyIsAtWorkOnIt) {
  const auto first = Begin("a", {.turns = 9});
  const auto second = line_.Take(kNow);
  wanted_["a"] = false;
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  EXPECT_FALSE(line_.Done(*first, kNow));
  EXPECT_EQ(Text(line_.Take(kNow)), "nothing");
  EXPECT_EQ(Text(line_.Done(*second, kNow)), "end a");
}

TEST_F(TurnLineTest, EndsWhatHasNothingToDo) {
  EXPECT_EQ(Text(Begin("a", {})), "end a");
}

}  // namespace
}  // namespace trireme
