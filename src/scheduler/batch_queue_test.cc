// SPDX-License-Identifier: Apache-2.0
#include "scheduler/batch_queue.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/memory_pool.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;

const TimePoint kStart{std::chrono::hours(1)};

struct RequestOptions {
  int64_t rows = 1;
  Duration arrives{0};
  int64_t width = 4;
  Duration lives = std::chrono::hours(1);
  std::string id = {};
  uint64_t priority = 0;
  std::chrono::microseconds queue_timeout{0};
};

RequestPtr Request(const RequestOptions& options = {}) {
  static MemoryPool pool;
  auto request = std::make_unique<InferRequest>();
  request->id = options.id;
  request->rows = options.rows;
  request->inputs.push_back({"x", MakeTensor(pool, DataType::kFp32, {options.rows, options.width})});
  request->bytes = request->inputs[0].tensor.data.size();
  request->stages.received = kStart + options.arrives;
  request->stages.queued = kStart + options.arrives;
  request->deadline = kStart + options.arrives + options.lives;
  request->priority = options.priority;
  request->queue_timeout = options.queue_timeout;
  return request;
}

using Names = std::vector<std::string>;
using Bound = BatchQueue::Bound;
using Why = Expired::Why;

Names Ids(const std::vector<RequestPtr>& requests) {
  Names ids;
  for (const RequestPtr& request : requests) ids.push_back(request->id);
  return ids;
}

Names Ids(const std::vector<Expired>& expired) {
  Names ids;
  for (const Expired& one : expired) ids.push_back(one.request->id);
  return ids;
}

// The bytes of a request are 16 a row.
Bound BrokenBy(const BatchQueue& queue, int64_t rows) {
  return queue.BrokenBy(*Request({.rows = rows}));
}

TEST(BatchQueue, TakesWhatIsThereWhenNobodyShallWait) {
  BatchQueue queue({.max_rows = 8});
  queue.Push(Request({.id = "a"}));
  queue.Push(Request({.id = "b"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"a", "b"}));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(BatchQueue, WaitsForCompanyUntilTheOldestHasWaitedLongEnough) {
  BatchQueue queue({.max_rows = 8, .max_delay = milliseconds(5)});
  queue.Push(Request({.rows = 2}));
  EXPECT_TRUE(queue.TakeIfDue(kStart + milliseconds(4)).batch.empty());
  EXPECT_EQ(queue.NextDue(), kStart + milliseconds(5));
  EXPECT_EQ(queue.TakeIfDue(kStart + milliseconds(5)).batch.size(), 1U);
  EXPECT_EQ(queue.NextDue(), kNever);
}

TEST(BatchQueue, WaitsForCompanyNoLongerThanLeavesTimeForTheRun) {
  const struct {
    std::string what;
    Duration deadline, goal, run;
    Duration ends;
  } kCases[] = {
      {"nobody minds", {}, {}, milliseconds(10), milliseconds(50)},
      {"its deadline", milliseconds(40), {}, milliseconds(10), milliseconds(30)},
      {"the goal", {}, milliseconds(35), milliseconds(10), milliseconds(25)},
      {"the sooner of both", milliseconds(40), milliseconds(45), milliseconds(10), milliseconds(30)},
      {"there is time enough", milliseconds(90), milliseconds(80), milliseconds(10), milliseconds(50)},
      {"it is too late anyway", milliseconds(5), {}, milliseconds(10), milliseconds(-5)},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.what);
    BatchQueue queue({.max_rows = 8, .max_delay = milliseconds(50)});
    RequestPtr request = Request();
    if (one.deadline > Duration(0)) request->deadline = kStart + one.deadline;
    queue.Push(std::move(request), one.goal, one.run);
    queue.Push(Request());  // in no hurry, or not as soon
    const TimePoint ends = kStart + one.ends;
    EXPECT_EQ(queue.NextDue(one.run), ends);
    EXPECT_FALSE(queue.IsDue(ends - Duration(1), /*flush=*/false, one.run));
    EXPECT_TRUE(queue.TakeIfDue(ends - Duration(1), {.run = one.run}).empty());
    EXPECT_TRUE(queue.IsDue(ends, /*flush=*/false, one.run));
    EXPECT_EQ(queue.TakeIfDue(ends, {.run = one.run}).batch.size(), 2U);
  }
}

TEST(BatchQueue, DoesNotWaitWhenTheBatchIsFull) {
  BatchQueue queue({.max_rows = 4, .max_delay = milliseconds(5)});
  queue.Push(Request({.rows = 3}));
  queue.Push(Request({.rows = 1}));
  EXPECT_EQ(queue.TakeIfDue(kStart).batch.size(), 2U);
}

TEST(BatchQueue, TakesAtOnceWhatWaitsWhenFlushed) {
  BatchQueue queue({.max_rows = 4, .max_delay = milliseconds(5)});
  queue.Push(Request());
  EXPECT_EQ(queue.TakeIfDue(kStart, {.flush = true}).batch.size(), 1U);
}

TEST(BatchQueue, LeavesABatchThatItsTakerDoesNotWant) {
  BatchQueue queue({.max_rows = 8});
  queue.Push(Request({.rows = 1}));
  queue.Push(Request({.rows = 2}));
  size_t asked = 0;
  const auto no = [&](int64_t rows, size_t bytes) {
    EXPECT_EQ(rows, 3);
    asked = bytes;
    return false;
  };
  EXPECT_TRUE(queue.TakeIfDue(kStart, {.flush = true, .may_take = no}).empty());
  EXPECT_EQ(asked, 48U);
  EXPECT_EQ(queue.rows(), 3);
  EXPECT_EQ(queue.TakeIfDue(kStart).batch.size(), 2U);
  EXPECT_EQ(queue.rows(), 0);
}

TEST(BatchQueue, FillsABatchWithWhatFitsAndKeepsTheOrderOfTheRest) {
  BatchQueue queue({.max_rows = 4});
  queue.Push(Request({.rows = 2, .id = "a"}));
  queue.Push(Request({.rows = 3, .id = "too many"}));
  queue.Push(Request({.rows = 2, .id = "b"}));
  queue.Push(Request({.rows = 1, .id = "c"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"a", "b"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"too many", "c"}));
}

TEST(BatchQueue, JoinsOnlyRequestsOfOneShape) {
  BatchQueue queue({.max_rows = 8});
  queue.Push(Request({.width = 4, .id = "a"}));
  queue.Push(Request({.width = 5, .id = "other"}));
  queue.Push(Request({.width = 4, .id = "b"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"a", "b"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"other"}));
}

TEST(BatchQueue, RunsARequestLargerThanABatchAlone) {
  BatchQueue queue({.max_rows = 4});
  queue.Push(Request({.rows = 9, .id = "large"}));
  queue.Push(Request({.rows = 1, .id = "small"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"large"}));
}

TEST(BatchQueue, RunsOneAtATimeWithoutBatching) {
  BatchQueue queue({.max_rows = 1});
  queue.Push(Request({.id = "a"}));
  queue.Push(Request({.id = "b"}));
  EXPECT_EQ(Ids(queue.TakeIfDue(kStart).batch), (Names{"a"}));
}

TEST(BatchQueue, GivesBackWhatIsPastItsDeadlineInsteadOfRunningIt) {
  BatchQueue queue({.max_rows = 8});
  queue.Push(Request({.lives = milliseconds(3), .id = "late"}));
  queue.Push(Request({.id = "in time"}));
  const Taken taken = queue.TakeIfDue(kStart + milliseconds(3));
  EXPECT_EQ(Ids(taken.expired), (Names{"late"}));
  EXPECT_EQ(Ids(taken.batch), (Names{"in time"}));
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(BatchQueue, GivesBackWhatTheClientNoLongerWants) {
  BatchQueue queue({.max_rows = 8});
  RequestPtr request = Request({.id = "gone"});
  request->cancellation = Cancellation::Make();
  request->cancellation.Cancel();
  queue.Push(std::move(request));
  const Taken taken = queue.TakeIfDue(kStart);
  EXPECT_EQ(Ids(taken.expired), (Names{"gone"}));
  EXPECT_TRUE(taken.batch.empty());
}

TEST(BatchQueue, HasNoRoomBeyondItsBoundInRequests) {
  BatchQueue queue({.max_waiting_requests = 2});
  queue.Push(Request());
  EXPECT_EQ(BrokenBy(queue, 1), Bound::kNone);
  queue.Push(Request());
  EXPECT_EQ(BrokenBy(queue, 1), Bound::kRequests);
}

TEST(BatchQueue, HasNoRoomBeyondItsBoundInBytes) {
  BatchQueue queue({.max_waiting_bytes = 48});
  queue.Push(Request());
  EXPECT_EQ(BrokenBy(queue, 2), Bound::kNone);
  EXPECT_EQ(BrokenBy(queue, 3), Bound::kBytes);
  const RequestPtr huge = Request();
  huge->bytes = ~size_t{0};
  EXPECT_EQ(queue.BrokenBy(*huge), Bound::kBytes);
}

TEST(BatchQueue, TakesALargeRequestWhenNothingElseWaits) {
  const BatchQueue queue({.max_waiting_bytes = 40});
  EXPECT_EQ(BrokenBy(queue, 100), Bound::kNone);
}

TEST(CanShareRun, NeedsTheSameOptionalInputs) {
  RequestPtr with = Request();
  RequestPtr without = Request();
  without->inputs[0].tensor = {.type = DataType::kFp32, .shape = {}, .data = {}};
  EXPECT_TRUE(CanShareRun(*with, *with));
  EXPECT_TRUE(CanShareRun(*without, *without));
  EXPECT_FALSE(CanShareRun(*with, *without));
}

TEST(RulesOf, GiveARequestToADecoupledModelARunOfItsOwn) {
  ModelConfig config;
  config.max_rows = 8;
  config.max_delay = std::chrono::microseconds(5);
  config.preferred_rows = {4};
  config.max_waiting_requests = 7;
  config.decoupled = true;
  const BatchRules rules = RulesOf(config);
  EXPECT_EQ(rules.max_rows, 1);
  EXPECT_EQ(rules.max_delay, Duration(0));
  EXPECT_TRUE(rules.preferred_rows.empty());
  EXPECT_EQ(rules.max_waiting_requests, 7U);
}

class GivingUp : public testing::Test {
 protected:
  GivingUp() {
    times_.Learn({.rows = 1, .bytes = 16}, milliseconds(60));
    // They come 10 ms apart, and want to be answered within 100 ms.
    queue_.Push(Request({.id = "a"}), milliseconds(100));
    queue_.Push(Request({.arrives = milliseconds(10), .id = "b"}), milliseconds(100));
    queue_.Push(Request({.arrives = milliseconds(20), .id = "c"}), milliseconds(100));
  }

  Taken Take(Duration after) {
    return queue_.TakeIfDue(kStart + after, {.flush = true, .times = &times_, .give_up_late = true});
  }

  BatchQueue queue_{{.max_rows = 1}};
  RunTimes times_;
};

TEST_F(GivingUp, TheFirstThatCanBeInTimeIsRun) {
  // One run later it is too late for the first alone.
  const Taken taken = Take(milliseconds(105) - times_.Expected({.rows = 1, .bytes = 16})->most);
  EXPECT_EQ(Ids(taken.expired), (Names{"a"}));
  EXPECT_EQ(taken.expired[0].why, Why::kGoal);
  EXPECT_EQ(Ids(taken.batch), (Names{"b"}));
}

// Else nothing would ever be run again, once a few runs have been so slow.
TEST_F(GivingUp, WhereNobodyCanBeInTimeTheLastOneIsRun) {
  const Taken taken = Take(milliseconds(90));
  EXPECT_EQ(Ids(taken.expired), (Names{"a", "b"}));
  EXPECT_EQ(Ids(taken.batch), (Names{"c"}));
  EXPECT_TRUE(queue_.empty());
}

}  // namespace
}  // namespace trireme
