// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/batch_queue.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using Names = std::vector<std::string>;

const TimePoint kStart{std::chrono::hours(1)};
constexpr size_t kRowBytes = 1000;

// A row takes 10 ms in any batch, and at most an eighth more.
RunTimes TenMsARow() {
  RunTimes times;
  for (int64_t rows = 1; rows <= 16; rows *= 2) {
    times.Learn({.rows = rows, .bytes = kRowBytes * static_cast<size_t>(rows)}, milliseconds(10) * rows);
  }
  return times;
}

RequestPtr Request(TimePoint deadline, const std::string& id = "", int64_t rows = 1) {
  auto request = std::make_unique<InferRequest>();
  request->id = id;
  request->rows = rows;
  request->bytes = kRowBytes * static_cast<size_t>(rows);
  request->stages.received = request->stages.queued = kStart;
  request->deadline = deadline;
  return request;
}

TEST(BatchInTime, IsTheLargestWithWhichTheMostUrgentIsInTime) {
  const RunTimes times = TenMsARow();
  const struct {
    int deadline_ms;
    size_t largest;  // that takes no longer
  } kCases[] = {{1000, 16}, {180, 16}, {170, 15}, {150, 13}, {100, 8}, {60, 5}, {46, 4}, {30, 2}, {12, 1}};
  for (const auto& one : kCases) {
    BatchQueue queue({.max_rows = 16});
    for (int i = 0; i < 16; ++i) queue.Push(Request(kStart + milliseconds(one.deadline_ms)));
    const size_t taken = queue.TakeIfDue(kStart, {.times = &times}).batch.size();
    EXPECT_EQ(taken, one.largest) << one.deadline_ms;
    EXPECT_EQ(queue.size(), 16 - taken) << "the others wait";
  }
}

TEST(BatchInTime, LeavesTheLastOnesOut) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 8});
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    queue.Push(Request(kStart + milliseconds(*id == 'b' ? 50 : 1000), id));
  }
  Names ids;
  for (const RequestPtr& request : queue.TakeIfDue(kStart, {.times = &times}).batch) ids.push_back(request->id);
  EXPECT_EQ(ids, (Names{"a", "b", "c", "d"}));
}

TEST(BatchInTime, CountsRows) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 16});
  for (int i = 0; i < 4; ++i) queue.Push(Request(kStart + milliseconds(100), "", /*rows=*/4));
  EXPECT_EQ(queue.TakeIfDue(kStart, {.times = &times}).batch.size(), 2U);
  EXPECT_EQ(queue.rows(), 8);
}

TEST(BatchInTime, HasAtLeastTheFirst) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 8});
  // More than a usual run is left, and less than one that takes long.
  for (int i = 0; i < 3; ++i) queue.Push(Request(kStart + milliseconds(11)));
  EXPECT_EQ(queue.TakeIfDue(kStart, {.times = &times}).batch.size(), 1U);
}

TEST(BatchInTime, GoesAtOnceThoughOthersMayStillCome) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 16, .max_delay = milliseconds(500)});
  for (int i = 0; i < 8; ++i) queue.Push(Request(kStart + milliseconds(60)));
  EXPECT_FALSE(queue.TakeIfDue(kStart, {.times = &times}).batch.empty()) << "it could not be larger";
}

TEST(BatchInTime, IsFullWhereNobodyKnowsHowLongItTakes) {
  BatchQueue queue({.max_rows = 16});
  for (int i = 0; i < 16; ++i) queue.Push(Request(kStart + milliseconds(1)));
  EXPECT_EQ(queue.TakeIfDue(kStart).batch.size(), 16U);
}

TEST(BatchInTime, LeavesThoseOutWhomNoRunWouldAnswerInTime) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 8});
  queue.Push(Request(kStart + milliseconds(9), "late"));
  queue.Push(Request(kStart + milliseconds(1000), "a"));
  const Taken taken = queue.TakeIfDue(kStart, {.times = &times});
  ASSERT_EQ(taken.expired.size(), 1U);
  EXPECT_EQ(taken.expired[0].why, Expired::Why::kTooLate);
  EXPECT_EQ(taken.expired[0].request->id, "late");
  EXPECT_EQ(taken.batch.size(), 1U);
}

// A goal of the model's, instead of a deadline: the largest batch that it may have decides who is late.
TEST(BatchInTime, PutsThoseBehindWhoAreTooLateForAFullBatch) {
  const RunTimes times = TenMsARow();
  BatchQueue queue({.max_rows = 8});
  constexpr Duration kGoal = milliseconds(100);
  RequestPtr old = Request(kNever, "old");
  old->stages.received = old->stages.queued = kStart - milliseconds(70);
  queue.Push(std::move(old), kGoal);
  for (const char* id : {"a", "b", "c"}) queue.Push(Request(kNever, id), kGoal);
  Names ids;
  for (const RequestPtr& request : queue.TakeIfDue(kStart, {.most_rows = 4, .times = &times}).batch) {
    ids.push_back(request->id);
  }
  EXPECT_EQ(ids, (Names{"a", "b", "c", "old"}));
}

}  // namespace
}  // namespace trireme
