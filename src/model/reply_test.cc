// SPDX-License-Identifier: Apache-2.0
#include "model/reply.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <utility>

#include "model/infer_request.h"
#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

InferResponse ResponseOf(int64_t version) {
  return {.model = {.name = "m", .version = version}};
}

TEST(ReplyTest, FinishesWithAResponse) {
  RecordedReply recorded;
  Reply reply = recorded.MakeReply();
  EXPECT_TRUE(reply);
  InferResponse response = ResponseOf(3);
  response.stages.batch_rows = 8;
  reply.Finish(std::move(response));
  EXPECT_FALSE(reply);
  const Outcome outcome = recorded.Wait();
  EXPECT_TRUE(outcome.status.ok());
  ASSERT_TRUE(outcome.response.has_value());
  EXPECT_EQ(outcome.response->model.version, 3);
  EXPECT_EQ(outcome.stages.batch_rows, 8);
}

TEST(ReplyTest, SaysThatThereWasNoMemoryWhenDroppedForThat) {
  RecordedReply recorded;
  try {
    const Reply dropped = recorded.MakeReply();
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
  }
  EXPECT_EQ(recorded.Wait().status.code(), StatusCode::kOutOfMemory);
}

TEST(ReplyTest, FinishesWithAReasonAndHowFarItCame) {
  RecordedReply recorded;
  Reply reply = recorded.MakeReply();
  reply.Finish(Overloaded("the line is full"), {.batch_rows = 4});
  const Outcome outcome = recorded.Wait();
  EXPECT_EQ(outcome.status.code(), StatusCode::kOverloaded);
  EXPECT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.stages.batch_rows, 4);
}

TEST(ReplyTest, SendsAnyNumberOfResponsesBeforeItsEnd) {
  RecordedReply recorded;
  Reply reply = recorded.MakeReply();
  reply.Send(ResponseOf(1));
  reply.Send(ResponseOf(2));
  EXPECT_EQ(recorded.partial_responses(), 2);
  EXPECT_FALSE(recorded.finished());
  reply.Finish(Status());
  EXPECT_TRUE(recorded.Wait().status.ok());
  EXPECT_FALSE(recorded.Wait().response.has_value());
}

TEST(ReplyTest, DroppedItFinishesWithInternal) {
  RecordedReply recorded;
  { const Reply dropped = recorded.MakeReply(); }
  EXPECT_EQ(recorded.Wait().status.code(), StatusCode::kInternal);
  EXPECT_EQ(recorded.finishes(), 1);
}

TEST(ReplyTest, DroppingARequestAnswersIt) {
  RecordedReply recorded;
  {
    InferRequest request;
    request.reply = recorded.MakeReply();
    const InferRequest moved = std::move(request);
    EXPECT_FALSE(recorded.finished());
  }
  EXPECT_EQ(recorded.Wait().status.code(), StatusCode::kInternal);
}

TEST(ReplyTest, FinishesOnceThoughMovedAround) {
  RecordedReply recorded;
  Reply first = recorded.MakeReply();
  Reply second = std::move(first);
  Reply third;
  third = std::move(second);
  third.Finish(ResponseOf(1));
  third = Reply();
  EXPECT_EQ(recorded.finishes(), 1);
  EXPECT_TRUE(recorded.Wait().status.ok());
}

TEST(ReplyTest, WhatIsOverwrittenIsFinishedFirst) {
  RecordedReply lost;
  RecordedReply kept;
  Reply reply = lost.MakeReply();
  reply = kept.MakeReply();
  EXPECT_EQ(lost.Wait().status.code(), StatusCode::kInternal);
  EXPECT_FALSE(kept.finished());
  reply.Finish(Status());
  EXPECT_EQ(lost.finishes(), 1);
}

// Keeps itself until it is told to go, as a protocol's call object does.
class StayingSink final : public ReplySink {
 public:
  explicit StayingSink(std::unique_ptr<ReplySink>& home) : home_(home) {}
  void Respond(InferResponse) override {}
  void End(std::unique_ptr<ReplySink> self, Outcome) override { home_ = std::move(self); }

 private:
  std::unique_ptr<ReplySink>& home_;
};

TEST(ReplyTest, ASinkMayOutliveTheReply) {
  std::unique_ptr<ReplySink> home;
  Reply(std::make_unique<StayingSink>(home)).Finish(Status());
  EXPECT_NE(home, nullptr);
}

TEST(ReplyDeathTest, ASecondFinishIsABug) {
  RecordedReply recorded;
  Reply reply = recorded.MakeReply();
  reply.Finish(Status());
  EXPECT_DEATH(reply.Finish(Status()), "cannot happen");
  EXPECT_DEATH(reply.Send({}), "cannot happen");
}

}  // namespace
}  // namespace trireme
