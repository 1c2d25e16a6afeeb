// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "net/testing/recorded_grpc_answer.h"
#include "protocols/torchserve/grpc_methods.h"
#include "protocols/torchserve/testing/prediction_fixture.h"
#include "wire/torchserve/grpc_messages.h"

namespace trireme::torchserve {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// An answer on the test's loop.
class LoopAnswer final : public net::GrpcWriter {
 public:
  explicit LoopAnswer(std::shared_ptr<net::LoopExecutor> loop) : loop_(std::move(loop)) {}

  void Send(net::GrpcPayload message) override { recorded.Send(std::move(message)); }
  void Finish(net::GrpcStatus status) override { recorded.Finish(std::move(status)); }
  void Pause(bool paused) override { recorded.Pause(paused); }
  Executor& executor() override { return *loop_; }

  net::RecordedGrpcAnswer recorded;

 private:
  const std::shared_ptr<net::LoopExecutor> loop_;  // shared with the test
};

// A call of StreamPredictions2.
class PredictionStreamTest : public PredictionFixture {
 protected:
  PredictionStreamTest() {
    net::GrpcHead head;
    head.http.cancellation = cancellation_;
    for (const GrpcMethod& method : methods_) {
      if (!method.path.ends_with("/StreamPredictions2")) continue;
      receiver_ = method.stream(std::move(head), Identity(), net::GrpcReply(answer_));
    }
  }

  void Send(const std::string& model, std::string_view sequence) {
    static const std::string row = "[[1, 2, 3, 4]]";
    const PredictionsRequest request{.model_name = model,
                                     .model_version = {},
                                     .inputs = {{.name = "data", .bytes = std::as_bytes(std::span(row))}},
                                     .sequence_id = sequence};
    const auto kept = std::make_shared<const std::string>(EncodePredictionsRequest(request));  // with whoever reads it
    receiver_->OnMessage(
        {.bytes = std::as_bytes(std::span(*kept)), .storage = kept, .received = Clock::System().Now()});
  }

  PredictionResponse Answer(size_t index) {
    Result<PredictionResponse> read =
        DecodePredictionResponse(std::as_bytes(std::span(answer_->recorded.messages.at(index))));
    EXPECT_TRUE(read.ok()) << read.status();
    return *read;
  }

  void TurnUntilAnswers(size_t count) {
    TurnUntil([&] { return answer_->recorded.messages.size() == count; });
  }

  const std::vector<GrpcMethod> methods_ = InferenceMethods(services_);
  const Cancellation cancellation_ = Cancellation::Make();
  std::shared_ptr<LoopAnswer> answer_ = std::make_shared<LoopAnswer>(loop_);  // shared with the call
  std::unique_ptr<net::GrpcReceiver> receiver_;
};

TEST_F(PredictionStreamTest, AnswersInOrderAndThenEnds) {
  for (const char* sequence : {"a", "b", "c"}) Send("m", sequence);
  receiver_->OnEnd();
  TurnUntil([&] { return answer_->recorded.finishes > 0; });
  ASSERT_THAT(answer_->recorded.messages, SizeIs(3));
  EXPECT_EQ(Answer(0).sequence_id, "a");
  EXPECT_EQ(Answer(1).sequence_id, "b");
  EXPECT_EQ(Answer(2).sequence_id, "c");
  EXPECT_EQ(answer_->recorded.status->code, net::GrpcCode::kOk);
}

TEST_F(PredictionStreamTest, GoesOnBehindAQuestionThatFails) {
  Send("nobody", "a");
  Send("m", "b");
  TurnUntilAnswers(2);
  ASSERT_TRUE(Answer(0).status);
  EXPECT_EQ(Answer(0).status->code, static_cast<int>(net::GrpcCode::kNotFound));
  EXPECT_THAT(Answer(0).status->message, HasSubstr("Model not found: nobody"));
  EXPECT_EQ(Answer(0).sequence_id, "a");
  EXPECT_FALSE(Answer(1).status);
  EXPECT_EQ(answer_->recorded.finishes, 0);
}

TEST_F(PredictionStreamTest, HoldsAClientBackThatSendsTooMuch) {
  script_.Hold();
  for (const char* sequence : {"a", "b", "c", "d"}) Send("m", sequence);
  EXPECT_FALSE(answer_->recorded.paused);
  Send("m", "e");
  EXPECT_TRUE(answer_->recorded.paused);
  script_.Release();
  TurnUntilAnswers(5);
  EXPECT_FALSE(answer_->recorded.paused);
}

// What is being run is answered into nothing; what waits behind it is not asked any more; and nothing stays.
TEST_F(PredictionStreamTest, EndsWhenItsClientGoesAwayBetweenQuestionAndAnswer) {
  const size_t runs = script_.runs().size();  // to try it
  script_.Hold();
  Send("m", "a");
  script_.WaitUntilHeld(1);
  Send("m", "b");
  cancellation_.Cancel();
  receiver_.reset();
  EXPECT_EQ(answer_->recorded.finishes, 0) << "the question is still being answered";
  script_.Release();
  TurnUntil([&] { return answer_.use_count() == 1; });
  EXPECT_EQ(answer_->recorded.finishes, 1);
  EXPECT_THAT(script_.runs(), SizeIs(runs + 1)) << "nobody waits for the second";
}

TEST_F(PredictionStreamTest, EndsAtOnceWhenItsClientGoesAwayWithoutAQuestion) {
  receiver_.reset();
  EXPECT_EQ(answer_.use_count(), 1);
  EXPECT_EQ(answer_->recorded.finishes, 1);
  EXPECT_THAT(answer_->recorded.messages, IsEmpty());
}

}  // namespace
}  // namespace trireme::torchserve
