// SPDX-License-Identifier: Apache-2.0
#include "engine/tenant_spending.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "access/tenant_quotas.h"
#include "base/testing/manual_clock.h"
#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;

const TimePoint kStart{std::chrono::hours(1)};

// Run for 20 ms in a batch of so many rows.
Stages RunWith(int64_t batch_rows, int threads = 1) {
  return {.run_begin = kStart, .run_end = kStart + milliseconds(20), .batch_rows = batch_rows, .threads = threads};
}

TEST(ProcessorSeconds, AreTheRowsPartOfTheRunOnAllItsThreads) {
  EXPECT_DOUBLE_EQ(ProcessorSeconds(RunWith(1), 1), 0.020);
  EXPECT_DOUBLE_EQ(ProcessorSeconds(RunWith(8), 2), 0.005);
  EXPECT_DOUBLE_EQ(ProcessorSeconds(RunWith(8, 4), 8), 0.080);
  EXPECT_DOUBLE_EQ(ProcessorSeconds(RunWith(4), 0), 0.005);  // a model without rows
  EXPECT_DOUBLE_EQ(ProcessorSeconds(RunWith(0), 3), 0.020);
}

TEST(ProcessorSeconds, AreNoneOfWhatWasNotRun) {
  EXPECT_EQ(ProcessorSeconds({.received = kStart, .answered = kStart + milliseconds(5)}, 1), 0);
}

class CountSpendingTest : public testing::Test {
 protected:
  // A request of two rows, answered so.
  template <typename Answer>
  void Ask(Answer answer) {
    RecordedReply recorded;
    Reply reply = CountSpending(ProcessorShare(quotas_.ProcessorsOf("shop")), 2, recorded.MakeReply());
    answer(reply);
  }
  bool IsOver() { return !quotas_.Look("shop").ok(); }

  ManualClock clock_;
  TenantQuotas quotas_{{{"shop", {.requests_per_second = {}, .processors = 0.010}}}, clock_};
};

TEST_F(CountSpendingTest, CountsWhatWasRunHoweverItEnded) {
  Ask([](Reply& reply) { reply.Finish(Internal("the model says no"), RunWith(2)); });
  EXPECT_TRUE(IsOver());
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_FALSE(IsOver());
  Ask([](Reply& reply) {
    InferResponse response;
    response.stages = RunWith(2);
    reply.Finish(std::move(response));
  });
  EXPECT_TRUE(IsOver());
}

TEST_F(CountSpendingTest, CountsNothingOfWhatWasRefusedOrLost) {
  Ask([](Reply& reply) { reply.Finish(Overloaded("full")); });
  EXPECT_FALSE(IsOver());
  Ask([](Reply& reply) { const Reply lost = std::move(reply); });
  EXPECT_FALSE(IsOver());
}

}  // namespace
}  // namespace trireme
