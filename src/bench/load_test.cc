// SPDX-License-Identifier: Apache-2.0
#include "bench/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace trireme::bench {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// What all connections of a test's load do.
struct Script {
  enum class Does : uint8_t { kAnswer, kAnswerLate, kFail, kHang };
  std::function<Does(int call)> does = [](int) { return Does::kAnswer; };  // by the number of the call, from 1
  int calls = 0;
  int most_at_a_time = 0;
  int at_a_time = 0;
  std::set<size_t> connections;
  std::vector<int> models;
};

constexpr Duration kLate = milliseconds(100);

// A connection whose socket is a timer: what was begun is answered at once, or as the script says.
class FakeCarrier final : public Carrier {
 public:
  FakeCarrier(Script& script, size_t number, CarrierListener& listener)
      : script_(script),
        number_(number),
        listener_(listener),
        fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}
  ~FakeCarrier() override { close(fd_); }

  void Open() override {}
  void Close() override {}
  int fd() const override { return fd_; }
  uint64_t generation() const override { return 1; }
  bool WantsWrite() const override { return false; }
  bool Begin(size_t slot, size_t model) override {
    script_.connections.insert(number_);
    if (script_.models.size() <= model) script_.models.resize(model + 1);
    ++script_.models[model];
    script_.most_at_a_time = std::max(script_.most_at_a_time, ++script_.at_a_time);
    const Script::Does does = script_.does(++script_.calls);
    if (does == Script::Does::kHang) return true;
    begun_.emplace_back(slot, does != Script::Does::kFail);
    const Duration wait = does == Script::Does::kAnswerLate ? kLate : Duration(1);
    const itimerspec when = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = wait.count()}};
    timerfd_settime(fd_, 0, &when, nullptr);
    return true;
  }
  void Flush() override {}
  void Cancel(size_t /*slot*/) override { --script_.at_a_time; }
  void Drive(std::span<char> /*scratch*/) override {
    uint64_t times = 0;
    if (read(fd_, &times, sizeof times) < 0) return;
    while (!begun_.empty()) {
      const auto [slot, ok] = begun_.front();
      begun_.pop_front();
      --script_.at_a_time;
      listener_.OnEnd(slot, {.ok = ok, .kind = "HTTP 503", .message = "full", .bytes = 7});
    }
  }

 private:
  Script& script_;
  const size_t number_;
  CarrierListener& listener_;
  const int fd_;
  std::deque<std::pair<size_t, bool>> begun_;
};

LoadPlan Plan(Script& script) {
  LoadPlan plan;
  plan.make_carrier = [&script](size_t number, CarrierListener& listener) {
    return std::make_unique<FakeCarrier>(script, number, listener);
  };
  plan.models = {{"a", 1}};
  plan.window = milliseconds(20);
  plan.timeout = seconds(60);
  plan.most_waiting = 1'000'000;
  return plan;
}

TEST(LoadTest, AClosedLoopKeepsEverySlotBusy) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.connections = 3;
  plan.calls = 4;
  plan.windows = 2;
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(script.most_at_a_time, 12);
  EXPECT_EQ(script.connections.size(), 3u);
  ASSERT_EQ(result->windows.size(), 2u);
  EXPECT_GT(result->windows[0].latency.count(), 0u);
  EXPECT_EQ(result->windows[1].users, 12);
  EXPECT_EQ(result->response_bytes, 7u);
  EXPECT_FALSE(result->early_end.has_value());
}

TEST(LoadTest, AWindowGoesOnUntilEnoughAnswersHaveCome) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.window = milliseconds(1);
  plan.least_window_requests = 3;
  script.does = [](int) { return Script::Does::kAnswerLate; };
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->windows[0].latency.count(), 3u);
  EXPECT_GE(result->windows[0].length, 3 * kLate);
}

TEST(LoadTest, AsksModelsByTheirWeights) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.models = {{"a", 1}, {"b", 9}};
  plan.stops_on_failure = true;
  plan.window = hours(1);
  script.does = [](int call) { return call == 2'000 ? Script::Does::kFail : Script::Does::kAnswer; };
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(script.models[0], 200, 60);
  EXPECT_EQ(result->models[0].failures + result->models[1].failures, 1u);
  EXPECT_EQ(result->models[0].latency.count() + result->models[1].latency.count(), 1'999u);
}

TEST(LoadTest, StagesSayHowManyUsersThereAre) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.stages = {{2, milliseconds(40), 0}, {6, milliseconds(60), 0}};
  plan.connections = 3;
  plan.calls = 2;
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->windows.size(), 2u);
  EXPECT_EQ(result->windows[0].users, 2);
  EXPECT_EQ(result->windows[1].users, 6);
  EXPECT_EQ(script.most_at_a_time, 6);
}

TEST(LoadTest, StopsAtTheFirstFailureAndSaysHowManyUsersThereWere) {
  Script script;
  script.does = [](int call) { return call == 50 ? Script::Does::kFail : Script::Does::kAnswer; };
  LoadPlan plan = Plan(script);
  plan.connections = 5;
  plan.window = hours(1);
  plan.stops_on_failure = true;
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->early_end.has_value());
  EXPECT_EQ(result->early_end->why, EarlyEnd::Why::kFailure);
  EXPECT_EQ(result->early_end->users, 5);
  EXPECT_EQ(result->early_end->text, "HTTP 503: full");
  EXPECT_EQ(result->failures.at("HTTP 503").count, 1u);
  ASSERT_EQ(result->windows.size(), 1u);
  EXPECT_EQ(result->windows[0].failures, 1u);
}

TEST(LoadTest, AnOpenLoopSendsWhatArrives) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.connections = 4;
  plan.per_second = 1'000;
  plan.arrivals = Arrivals::kConstant;
  plan.window = milliseconds(100);
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  // All of them, however late this machine is.
  EXPECT_EQ(script.calls, 100);
  EXPECT_EQ(result->windows[0].latency.count(), static_cast<uint64_t>(script.calls));
  EXPECT_EQ(script.connections.size(), 4u);
}

TEST(LoadTest, LatencyCountsFromTheIntendedTime) {
  // The first of ten is late: those behind it on the only connection wait.
  Script script;
  script.does = [](int call) { return call == 1 ? Script::Does::kAnswerLate : Script::Does::kAnswer; };
  LoadPlan plan = Plan(script);
  plan.per_second = 100;
  plan.arrivals = Arrivals::kConstant;
  plan.window = milliseconds(100);
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->windows[0].latency.count(), static_cast<uint64_t>(script.calls));
  EXPECT_GE(result->windows[0].latency.Quantile(0.5), milliseconds(40));
}

TEST(LoadTest, GivesUpWhatTakesTooLong) {
  Script script;
  script.does = [](int call) { return call == 1 ? Script::Does::kHang : Script::Does::kAnswer; };
  LoadPlan plan = Plan(script);
  plan.window_requests = 3;
  plan.timeout = milliseconds(50);
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->failures.at("deadline exceeded").sample, "no answer within 50 ms");
}

TEST(LoadTest, AWindowMayEndAfterSoManyRequests) {
  for (const bool is_open_loop : {false, true}) {
    Script script;
    script.does = [](int call) { return call % 2 == 0 ? Script::Does::kFail : Script::Does::kAnswer; };
    LoadPlan plan = Plan(script);
    plan.windows = 3;
    plan.window_requests = 10;
    if (is_open_loop) plan.per_second = 10'000;
    const auto result = RunLoad(plan);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->windows.size(), 3u);
    for (const Window& window : result->windows) {
      EXPECT_GE(window.latency.count() + window.failures, 10u);
    }
    if (is_open_loop) continue;
    EXPECT_EQ(result->windows[2].latency.count() + result->windows[2].failures, 10u);
  }
}

TEST(LoadTest, EndsWhenTooMuchWaits) {
  Script script;
  script.does = [](int) { return Script::Does::kHang; };
  LoadPlan plan = Plan(script);
  plan.per_second = 10'000;
  plan.most_waiting = 20;
  plan.window = hours(1);
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->early_end.has_value());
  EXPECT_EQ(result->early_end->why, EarlyEnd::Why::kOverrun);
  EXPECT_THAT(result->early_end->text, HasSubstr("more than 20 arrivals wait for a free connection"));
}

TEST(LoadTest, EndsWhenItIsTold) {
  Script script;
  const int stop = eventfd(0, EFD_CLOEXEC);
  script.does = [&](int call) {
    if (call == 100) eventfd_write(stop, 1);
    return Script::Does::kAnswer;
  };
  LoadPlan plan = Plan(script);
  plan.window = hours(1);
  plan.stop_fd = stop;
  const auto result = RunLoad(plan);
  close(stop);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->early_end->why, EarlyEnd::Why::kInterrupted);
  ASSERT_EQ(result->windows.size(), 1u);
}

LoadPlan SequencePlan(Script& script, size_t calls, Duration apart) {
  LoadPlan plan = Plan(script);
  plan.models = {{"a", 1}, {"b", 1}};
  for (size_t i = 0; i < calls; ++i) {
    plan.sequence.push_back({.at = apart * static_cast<int64_t>(i), .requests = i, .model = i % 2});
  }
  return plan;
}

TEST(LoadTest, ASequenceIsSentOnceAtItsTimes) {
  Script script;
  LoadPlan plan = SequencePlan(script, 6, milliseconds(5));
  std::vector<size_t> ended;
  plan.on_end = [&ended](size_t place, const CallEnd& end) {
    EXPECT_TRUE(end.ok);
    ended.push_back(place);
  };
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(script.models, std::vector<int>(6, 1)) << "each request once";
  EXPECT_THAT(ended, testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  ASSERT_EQ(result->windows.size(), 1u);
  EXPECT_EQ(result->windows[0].latency.count(), 6u);
  EXPECT_GE(result->windows[0].length, milliseconds(25));
  EXPECT_EQ(result->late.count(), 6u);
  EXPECT_EQ(result->models[0].latency.count(), 3u);
}

TEST(LoadTest, ASequenceThatKeepsNoTimesKeepsEverySlotBusy) {
  Script script;
  LoadPlan plan = SequencePlan(script, 40, hours(1));
  plan.connections = 3;
  plan.keeps_times = false;
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(script.calls, 40);
  EXPECT_EQ(script.most_at_a_time, 3);
  EXPECT_EQ(result->late.count(), 0u);
  EXPECT_FALSE(result->early_end.has_value());
}

TEST(LoadTest, CallsOfASequenceWaitForAConnectionAndAreToldOf) {
  Script script;
  script.does = [](int call) { return call % 2 == 0 ? Script::Does::kFail : Script::Does::kAnswer; };
  LoadPlan plan = SequencePlan(script, 20, Duration(0));
  int failed = 0;
  plan.on_end = [&failed](size_t /*place*/, const CallEnd& end) { failed += end.ok ? 0 : 1; };
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(script.calls, 20);
  EXPECT_EQ(script.most_at_a_time, 1);
  EXPECT_EQ(failed, 10);
  EXPECT_EQ(result->failures.at("HTTP 503").count, 10u);
}

TEST(LoadTest, ACallOfASequenceThatIsNotAnsweredFails) {
  Script script;
  script.does = [](int call) { return call == 1 ? Script::Does::kHang : Script::Does::kAnswer; };
  LoadPlan plan = SequencePlan(script, 3, Duration(0));
  plan.timeout = milliseconds(30);
  std::vector<bool> ended(3);
  plan.on_end = [&ended](size_t place, const CallEnd& end) { ended[place] = end.ok; };
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(ended[0]);
  EXPECT_EQ(result->windows.at(0).latency.count() + result->windows[0].failures, 3u);
}

TEST(LoadTest, EndsOnceTooManyMissedToMakeUpForIt) {
  Script script;
  script.does = [](int call) { return call % 2 == 0 ? Script::Does::kFail : Script::Does::kAnswer; };
  LoadPlan plan = Plan(script);
  plan.window = hours(1);
  plan.miss_limit = {.latency = hours(1), .most = 3};
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->early_end.has_value());
  EXPECT_EQ(result->early_end->why, EarlyEnd::Why::kMissed);
  ASSERT_EQ(result->windows.size(), 1u);
  EXPECT_EQ(result->windows[0].failures, 4u);
}

TEST(LoadTest, AnswersThatTakeTooLongCountAsMisses) {
  Script script;
  LoadPlan plan = Plan(script);
  plan.window = hours(1);
  plan.miss_limit = {.latency = Duration(0), .most = 10};
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->early_end->why, EarlyEnd::Why::kMissed);
  EXPECT_EQ(result->windows[0].latency.count(), 11u);
}

TEST(LoadTest, NobodyCountsMissesOfTheWarmUp) {
  Script script;
  script.does = [](int call) { return call <= 3 ? Script::Does::kFail : Script::Does::kAnswer; };
  LoadPlan plan = Plan(script);
  plan.warm_up = milliseconds(400);  // a connection pauses after a failure, so that they are all in it
  plan.miss_limit = {.latency = hours(1), .most = 0};
  const auto result = RunLoad(plan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->early_end.has_value());
}

}  // namespace
}  // namespace trireme::bench
