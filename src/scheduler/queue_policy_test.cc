// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/memory_pool.h"
#include "scheduler/batch_queue.h"

namespace trireme {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

using Bound = BatchQueue::Bound;
using Names = std::vector<std::string>;
using Why = Expired::Why;

constexpr auto kReject = QueuePolicy::TimeoutAction::kReject;
constexpr auto kDelay = QueuePolicy::TimeoutAction::kDelay;

const TimePoint kStart{std::chrono::hours(1)};

// One row of a model that takes no inputs: what matters here is when and how urgently it came.
struct RequestOptions {
  std::string id = {};
  uint64_t priority = 0;
  int64_t rows = 1;
  Duration arrives{0};
  microseconds queue_timeout{0};
  TimePoint deadline = kNever;
};

RequestPtr Request(const RequestOptions& options = {}) {
  auto request = std::make_unique<InferRequest>();
  request->id = options.id;
  request->rows = options.rows;
  request->stages.received = kStart + options.arrives;
  request->stages.queued = kStart + options.arrives;
  request->deadline = options.deadline;
  request->priority = options.priority;
  request->queue_timeout = options.queue_timeout;
  return request;
}

// What leaves at `now`, each with how: "a" runs, and "-b" is answered without.
Names Take(BatchQueue& queue, Duration now = {}) {
  const Taken taken = queue.TakeIfDue(kStart + now);
  Names names;
  for (const Expired& one : taken.expired) names.push_back("-" + one.request->id);
  for (const RequestPtr& request : taken.batch) names.push_back(request->id);
  return names;
}

// --- Priority levels.

TEST(PriorityLevels, TheMostUrgentRunFirstAndALevelInOrderOfArrival) {
  BatchQueue queue({.max_rows = 1, .priority_levels = 3, .default_priority = 2});
  const RequestOptions arriving[] = {{"c1", 3}, {"b1", 2}, {"a1", 1}, {"b2", 2}, {"a2", 1}, {"c2", 3}};
  for (const RequestOptions& options : arriving) queue.Push(Request(options));
  Names order;
  while (!queue.empty()) order.push_back(Take(queue).front());
  EXPECT_EQ(order, (Names{"a1", "a2", "b1", "b2", "c1", "c2"}));
}

TEST(PriorityLevels, ARequestThatNamesNoneOrOneThatIsNotGetsTheDefault) {
  BatchQueue queue({.max_rows = 1, .priority_levels = 3, .default_priority = 2});
  const struct {
    uint64_t priority;
    uint32_t level;
  } rows[] = {{0, 2}, {1, 1}, {2, 2}, {3, 3}, {4, 2}, {~uint64_t{0}, 2}, {(uint64_t{1} << 32) + 1, 2}};
  for (const auto& row : rows) EXPECT_EQ(queue.LevelOf(*Request({.priority = row.priority})), row.level);
}

TEST(PriorityLevels, WithoutLevelsAPriorityMeansNothing) {
  BatchQueue queue({.max_rows = 4});
  queue.Push(Request({.id = "a", .priority = 9}));
  queue.Push(Request({.id = "b", .priority = 1}));
  EXPECT_EQ(Take(queue), (Names{"a", "b"}));
}

TEST(PriorityLevels, ABatchIsFilledFromLowerLevels) {
  BatchQueue queue({.max_rows = 3, .priority_levels = 2, .default_priority = 2});
  for (const char* id : {"b1", "b2", "b3"}) queue.Push(Request({.id = id}));
  queue.Push(Request({.id = "a", .priority = 1}));
  EXPECT_EQ(Take(queue), (Names{"a", "b1", "b2"}));
  EXPECT_EQ(Take(queue), (Names{"b3"}));
}

TEST(PriorityLevels, TheDelayOfAnyoneInTheLineEndsTheWait) {
  BatchQueue queue({.max_rows = 8, .max_delay = milliseconds(5), .priority_levels = 2, .default_priority = 2});
  queue.Push(Request({.id = "old"}));
  queue.Push(Request({.id = "urgent", .priority = 1, .arrives = milliseconds(3)}));
  EXPECT_EQ(queue.NextDue(), kStart + milliseconds(5));
  EXPECT_EQ(Take(queue, milliseconds(4)), (Names{}));
  EXPECT_EQ(Take(queue, milliseconds(5)), (Names{"urgent", "old"}));
}

TEST(PriorityLevels, ALevelHasTheBoundOfItsPolicy) {
  BatchQueue queue({.priority_levels = 3,
                    .default_priority = 3,
                    .queue_policy = {.max_waiting_requests = 1},
                    .level_policies = {{2, {.max_waiting_requests = 2}}, {3, {}}}});
  const auto broken_by = [&](uint64_t level) { return queue.BrokenBy(*Request({.priority = level})); };
  for (const uint64_t level : {1, 2, 3}) queue.Push(Request({.priority = level}));
  EXPECT_EQ(broken_by(1), Bound::kLevel);
  EXPECT_EQ(broken_by(2), Bound::kNone);
  EXPECT_EQ(broken_by(3), Bound::kNone);
  queue.Push(Request({.priority = 2}));
  EXPECT_EQ(broken_by(2), Bound::kLevel);
  EXPECT_EQ(queue.WaitingIn(2), 2U);
  EXPECT_EQ(broken_by(3), Bound::kNone);
}

TEST(PriorityLevels, WithoutLevelsThePolicyBoundsTheLine) {
  BatchQueue queue({.queue_policy = {.max_waiting_requests = 1}});
  EXPECT_EQ(queue.BrokenBy(*Request()), Bound::kNone);
  queue.Push(Request());
  EXPECT_EQ(queue.BrokenBy(*Request()), Bound::kLevel);
}

// --- Time-outs.

// When a request that arrives at the start leaves without a run.
TEST(QueueTimeout, IsThePolicysOrAShorterOneOfTheRequestWhereThatIsAllowed) {
  constexpr Duration kNoEnd = Duration::max();
  const struct {
    QueuePolicy policy;
    microseconds asked;
    Duration ends;
    Why why = Why::kQueueTimeout;
  } rows[] = {
      {{}, microseconds(0), kNoEnd},
      {{.timeout = milliseconds(9)}, microseconds(0), milliseconds(9)},
      {{.timeout = milliseconds(9)}, milliseconds(5), milliseconds(9)},
      {{.timeout = milliseconds(9), .allow_timeout_override = true}, milliseconds(5), milliseconds(5)},
      {{.timeout = milliseconds(9), .allow_timeout_override = true}, milliseconds(10), milliseconds(9)},
      {{.timeout = milliseconds(9), .allow_timeout_override = true}, microseconds(0), milliseconds(9)},
      {{}, milliseconds(5), milliseconds(5), Why::kDeadline},
      {{.timeout_action = kDelay}, milliseconds(5), milliseconds(5), Why::kDeadline},
      {{.allow_timeout_override = true}, milliseconds(5), milliseconds(5), Why::kDeadline},
      {{}, microseconds::max(), kNoEnd},
      {{.timeout = microseconds::max()}, microseconds(0), kNoEnd},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::to_string(&row - rows));
    BatchQueue queue({.max_rows = 8, .max_delay = std::chrono::hours(1), .queue_policy = row.policy});
    queue.Push(Request({.queue_timeout = row.asked}));
    const TimePoint end = row.ends == kNoEnd ? kStart + std::chrono::hours(1) : kStart + row.ends;
    EXPECT_EQ(queue.NextDue(), end);
    EXPECT_TRUE(queue.TakeIfDue(end - Duration(1)).empty());
    const Taken taken = queue.TakeIfDue(end);
    ASSERT_EQ(taken.expired.size(), row.ends == kNoEnd ? 0U : 1U);
    for (const Expired& one : taken.expired) EXPECT_EQ(one.why, row.why);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.NextDue(), kNever);
  }
}

TEST(QueueTimeout, CountsFromTheTimeInLineButARequestsOwnFromItsArrival) {
  const struct {
    QueuePolicy policy;
    Duration ends;
  } rows[] = {{{.timeout = milliseconds(5)}, milliseconds(8)}, {{}, milliseconds(5)}};
  for (const auto& row : rows) {
    BatchQueue queue({.max_rows = 8, .max_delay = std::chrono::hours(1), .queue_policy = row.policy});
    RequestPtr request = Request({.queue_timeout = milliseconds(5)});
    request->stages.queued = kStart + milliseconds(3);  // it took so long to read
    queue.Push(std::move(request));
    EXPECT_EQ(queue.NextDue(), kStart + row.ends);
  }
}

TEST(QueueTimeout, PutsBackBehindAllOfTheLevelThatHaveTime) {
  BatchQueue queue({.max_rows = 1,
                    .priority_levels = 2,
                    .default_priority = 1,
                    .queue_policy = {.timeout_action = kDelay, .timeout = milliseconds(5)}});
  queue.Push(Request({.id = "a"}));
  queue.Push(Request({.id = "b", .arrives = milliseconds(1)}));
  queue.Push(Request({.id = "c", .arrives = milliseconds(9)}));
  queue.Push(Request({.id = "low", .priority = 2, .arrives = milliseconds(9)}));
  EXPECT_EQ(queue.NextDue(), kStart);
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"c"}));
  queue.Push(Request({.id = "d", .arrives = milliseconds(10)}));
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"d"}));
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"a"}));
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"b"}));
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"low"}));
  EXPECT_TRUE(queue.empty());
}

TEST(QueueTimeout, WhatIsPutBackHasItsDeadlineAllTheSame) {
  BatchQueue queue({.max_rows = 8,
                    .max_delay = std::chrono::hours(1),
                    .queue_policy = {.timeout_action = kDelay, .timeout = milliseconds(5)}});
  queue.Push(Request({.id = "a", .deadline = kStart + milliseconds(7)}));
  EXPECT_EQ(Take(queue, milliseconds(5)), (Names{}));
  EXPECT_EQ(queue.NextDue(), kStart + milliseconds(7));
  EXPECT_EQ(Take(queue, milliseconds(7)), (Names{"-a"}));
}

TEST(QueueTimeout, WhatIsPutBackStillEndsTheWaitOfTheLine) {
  BatchQueue queue({.max_rows = 8,
                    .max_delay = milliseconds(10),
                    .queue_policy = {.timeout_action = kDelay, .timeout = milliseconds(5)}});
  queue.Push(Request({.id = "a"}));
  queue.Push(Request({.id = "b", .arrives = milliseconds(6)}));
  EXPECT_EQ(Take(queue, milliseconds(9)), (Names{}));
  EXPECT_EQ(queue.NextDue(), kStart + milliseconds(10));
  EXPECT_EQ(Take(queue, milliseconds(10)), (Names{"b", "a"}));
}

TEST(QueueTimeout, EachLevelFollowsItsOwnPolicy) {
  BatchQueue queue({.max_rows = 8,
                    .priority_levels = 3,
                    .default_priority = 1,
                    .queue_policy = {.timeout_action = kReject, .timeout = milliseconds(1)},
                    .level_policies = {{2, {.timeout_action = kDelay, .timeout = milliseconds(1)}}, {3, {}}}});
  for (const RequestOptions& options : {RequestOptions{"a", 1}, {"b1", 2}, {"c", 3}}) queue.Push(Request(options));
  queue.Push(Request({.id = "b2", .priority = 2, .arrives = milliseconds(2)}));
  EXPECT_EQ(Take(queue, milliseconds(2)), (Names{"-a", "b2", "b1", "c"}));
  EXPECT_EQ(queue.bytes(), 0U);
}

// --- Preferred sizes.

TEST(PreferredRows, DecideWhichBatchesGoAtOnce) {
  const struct {
    const char* what;
    std::vector<int64_t> preferred;
    Duration max_delay;
    std::vector<int64_t> waiting;  // rows of each
    Duration now;
    size_t taken;  // requests
  } rows[] = {
      {"reached exactly", {4, 6}, milliseconds(5), {2, 2}, {}, 2},
      {"the largest that can be had", {2, 4}, milliseconds(5), {2, 2, 1}, {}, 2},
      {"stepped over", {4}, milliseconds(5), {3, 2}, {}, 0},
      {"stepped over, but the delay is over", {4}, milliseconds(5), {3, 2}, milliseconds(5), 2},
      {"once the delay is over all go", {2, 4}, milliseconds(5), {2, 2, 1}, milliseconds(5), 3},
      {"too few", {4}, milliseconds(5), {3}, {}, 0},
      {"full though not preferred", {3}, milliseconds(5), {4, 4}, {}, 2},
      {"preferred rather than full", {4}, milliseconds(5), {4, 4}, {}, 1},
      {"the next does not fit", {4}, milliseconds(5), {5, 4}, {}, 1},
      {"none named: a full one", {}, milliseconds(5), {4, 4}, {}, 2},
      {"none named: too few", {}, milliseconds(5), {4, 3}, {}, 0},
      {"none named: the next does not fit", {}, milliseconds(5), {6, 3}, {}, 1},
      {"nothing waits without a delay", {4}, {}, {1}, {}, 1},
      {"preferred without a delay", {2}, {}, {1, 1, 1}, {}, 2},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    BatchQueue queue({.max_rows = 8, .max_delay = row.max_delay, .preferred_rows = row.preferred});
    for (const int64_t count : row.waiting) queue.Push(Request({.rows = count}));
    EXPECT_EQ(queue.TakeIfDue(kStart + row.now).batch.size(), row.taken);
    EXPECT_EQ(queue.size(), row.waiting.size() - row.taken);
  }
}

TEST(PreferredRows, DoNotHoldAnythingBackFromAFlush) {
  BatchQueue queue({.max_rows = 8, .max_delay = milliseconds(5), .preferred_rows = {2}});
  for (int i = 0; i < 3; ++i) queue.Push(Request());
  EXPECT_EQ(queue.TakeIfDue(kStart, {.flush = true}).batch.size(), 3U);
}

TEST(RulesOf, AreWhatTheConfigSays) {
  ModelConfig config;
  config.max_rows = 8;
  config.max_delay = milliseconds(2);
  config.preferred_rows = {4};
  config.preserve_ordering = true;
  config.priority_levels = 2;
  config.default_priority = 1;
  config.queue_policy.timeout = milliseconds(3);
  config.level_policies[2].max_waiting_requests = 5;
  const BatchRules rules = RulesOf(config);
  EXPECT_EQ(rules.max_rows, 8);
  EXPECT_EQ(rules.max_delay, Duration(milliseconds(2)));
  EXPECT_EQ(rules.max_waiting_requests, config.max_waiting_requests);
  EXPECT_EQ(rules.max_waiting_bytes, config.max_waiting_bytes);
  EXPECT_EQ(rules.preferred_rows, config.preferred_rows);
  EXPECT_TRUE(rules.preserve_ordering);
  EXPECT_EQ(rules.priority_levels, 2U);
  EXPECT_EQ(rules.default_priority, 1U);
  EXPECT_EQ(rules.queue_policy.timeout, milliseconds(3));
  EXPECT_EQ(rules.level_policies.at(2).max_waiting_requests, 5U);
  config.max_delay = microseconds::max();
  EXPECT_EQ(RulesOf(config).max_delay, Duration::max());
}

}  // namespace
}  // namespace trireme
