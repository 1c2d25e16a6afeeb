// SPDX-License-Identifier: Apache-2.0
#include "dialect/answer_deadlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "model/testing/recorded_reply.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;

// A sink that only its Reply tells anything.
class OfReply final : public ReplySink {
 public:
  explicit OfReply(Reply reply) : reply_(std::move(reply)) {}
  void Respond(InferResponse response) override { reply_.Send(std::move(response)); }
  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    if (outcome.response) return reply_.Finish(*std::move(outcome.response));
    reply_.Finish(std::move(outcome.status), outcome.stages);
  }

 private:
  Reply reply_;
};

class AnswerDeadlinesTest : public ::testing::Test {
 protected:
  static TimePoint Past() { return Clock::System().Now() - std::chrono::seconds(1); }
  static TimePoint Far() { return Clock::System().Now() + std::chrono::hours(1); }

  Reply Watched(const RecordedReply& recorded, TimePoint deadline) {
    return Reply(deadlines_.Watch(std::make_unique<OfReply>(recorded.MakeReply()), deadline));
  }

  AnswerDeadlines deadlines_;
};

TEST_F(AnswerDeadlinesTest, AnswerWhatIsLateOnce) {
  RecordedReply recorded;
  Reply reply = Watched(recorded, Past());
  const Outcome late = recorded.Wait();
  EXPECT_EQ(late.status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(late.status.message(), HasSubstr("time ran out"));
  reply.Finish(InferResponse());
  EXPECT_EQ(recorded.finishes(), 1) << "what the model says later goes nowhere";
  EXPECT_FALSE(recorded.Wait().response);
}

TEST_F(AnswerDeadlinesTest, LeaveWhatIsInTimeToItsModel) {
  RecordedReply in_time;
  RecordedReply late;
  Reply reply = Watched(in_time, Far());
  const Reply other = Watched(late, Past());
  EXPECT_EQ(late.Wait().status.code(), StatusCode::kDeadlineExceeded) << "though it came behind one that has time";
  EXPECT_FALSE(in_time.finished());
  reply.Finish(InferResponse());
  EXPECT_TRUE(in_time.Wait().response);
  EXPECT_EQ(in_time.finishes(), 1);
}

TEST_F(AnswerDeadlinesTest, TellThoseOfOneDeadlineApart) {
  const TimePoint deadline = Far();
  RecordedReply first;
  RecordedReply second;
  Reply one = Watched(first, deadline);
  Reply two = Watched(second, deadline);
  two.Finish(NotFound("the second"));
  EXPECT_FALSE(first.finished());
  one.Finish(NotFound("the first"));
  EXPECT_EQ(first.Wait().status.message(), "the first");
  EXPECT_EQ(second.Wait().status.message(), "the second");
}

TEST_F(AnswerDeadlinesTest, LeaveAStreamThatHasBegunToItsModel) {
  RecordedReply recorded;
  Reply reply = Watched(recorded, Far());
  reply.Send(InferResponse());
  reply.Finish(Status());
  EXPECT_EQ(recorded.partial_responses(), 1u);
  EXPECT_TRUE(recorded.Wait().status.ok());
}

TEST_F(AnswerDeadlinesTest, AnswerWhatIsDroppedAndHasNoDeadlineAsEver) {
  RecordedReply recorded;
  { const Reply dropped = Watched(recorded, kNever); }
  EXPECT_EQ(recorded.Wait().status.code(), StatusCode::kInternal);
  RecordedReply with_deadline;
  { const Reply dropped = Watched(with_deadline, Far()); }
  EXPECT_EQ(with_deadline.Wait().status.code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace trireme
