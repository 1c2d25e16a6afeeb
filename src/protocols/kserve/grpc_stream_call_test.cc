// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_stream_call.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "protocols/kserve/testing/grpc_fixture.h"

namespace trireme::kserve {
namespace {

using net::GrpcCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class GrpcStreamCallTest : public GrpcFixture {
 protected:
  // Nothing is left on its way.
  void TearDown() override {
    receiver_.reset();
    for (FakeScript* script : {&m_, n_.get(), many_.get()}) script->Release();
    TurnUntil([&] { return answer_.use_count() == 1; });
  }

  // Begins the stream.
  void Start(std::vector<net::HttpHeader> metadata = {}) {
    net::GrpcHead head = Head();
    head.http.headers = std::move(metadata);
    receiver_ = Method("ModelStreamInfer").stream(std::move(head), {}, net::GrpcReply(answer_));
  }
  void Send(std::string message) { receiver_->OnMessage(Message(std::move(message))); }

  void TurnUntilMessages(size_t count) {
    TurnUntil([&] { return got().messages.size() >= count; });
  }
  void TurnUntilTheEnd() {
    TurnUntil([&] { return got().finishes > 0; });
  }

  // Says that there is no more, and waits until all is answered.
  void Finish() {
    receiver_->OnEnd();
    TurnUntilTheEnd();
    EXPECT_EQ(got().status->code, GrpcCode::kOk) << got().status->message;
    EXPECT_EQ(got().finishes, 1);
  }

  const net::RecordedGrpcAnswer& got() const { return answer_->recorded; }

  GrpcStreamResponse Response(size_t index) {
    const net::GrpcMessage message = Message(got().messages.at(index));
    Result<GrpcStreamResponse> read = DecodeGrpcStreamResponse(message.bytes, message.storage, models_.pool);
    EXPECT_TRUE(read.ok()) << read.status();
    return *std::move(read);
  }

  // What has been sent, in order, each as "id=first element", "id: error", "id." for one without outputs; with "!"
  // behind it if it is final.
  std::vector<std::string> Said() {
    std::vector<std::string> said;
    for (size_t i = 0; i < got().messages.size(); ++i) {
      const GrpcStreamResponse response = Response(i);
      std::string words = response.response.id.value_or("");
      if (!response.error_message.empty()) {
        words += ": error";
      } else if (response.response.outputs.empty()) {
        words += ".";
      } else {
        words += "=" + std::to_string(std::lround(response.response.outputs[0].tensor.As<float>()[0]));
      }
      const ParameterValue* final_response = FindParameter(response.response.parameters, "triton_final_response");
      if (final_response != nullptr && std::get<bool>(*final_response)) words += "!";
      said.push_back(std::move(words));
    }
    return said;
  }

  const std::shared_ptr<LoopGrpcAnswer> answer_ = std::make_shared<LoopGrpcAnswer>(loop_);  // shared with the reply
  std::unique_ptr<net::GrpcReceiver> receiver_;
};

TEST_F(GrpcStreamCallTest, AnswersEachRequest) {
  Start();
  Send(Request("m", "a", 1));
  Send(Request("n", "b", 2));
  TurnUntilMessages(2);
  Send(Request("m", "c", 3));
  TurnUntilMessages(3);
  EXPECT_EQ(got().finishes, 0);
  EXPECT_THAT(Said(), ElementsAre("a=2!", "b=4!", "c=6!"));
  EXPECT_EQ(Response(1).response.model_name, "n");
  EXPECT_EQ(Response(1).response.model_version, "1");
  Finish();
}

TEST_F(GrpcStreamCallTest, KeepsTheOrderOfItsRequests) {
  n_->Hold();
  Start();
  Send(Request("n", "slow", 1));
  for (int i = 0; i < 3; ++i) Send(Request("m", std::to_string(i), 2));
  n_->WaitUntilHeld(1);
  // Other streams are answered meanwhile, and so is this model.
  Call("ModelInfer", Request("m", "other"));
  EXPECT_THAT(got().messages, IsEmpty());
  n_->Release();
  TurnUntilMessages(4);
  EXPECT_THAT(Said(), ElementsAre("slow=2!", "0=4!", "1=4!", "2=4!"));
  Finish();
}

TEST_F(GrpcStreamCallTest, SendsResponsesOfADecoupledModelAsTheyCome) {
  n_->Hold();
  many_->HoldBefore(2);
  Start();
  Send(Request("n", "slow"));
  Send(Request("many", "many", 1, 3));
  Send(Request("m", "fast", 5));
  // It waits for nobody.
  TurnUntilMessages(2);
  EXPECT_THAT(Said(), ElementsAre("many=2", "many=4"));
  n_->Release();
  // And nobody for it.
  TurnUntilMessages(4);
  EXPECT_THAT(Said(), ElementsAre("many=2", "many=4", "slow=0!", "fast=10!"));
  many_->Release();
  TurnUntilMessages(5);
  EXPECT_THAT(Said().back(), "many=6");
  Finish();
  EXPECT_THAT(got().messages, SizeIs(5));
}

TEST_F(GrpcStreamCallTest, SaysThatARequestHasEndedToWhoAsks) {
  Start();
  GrpcInferRequest request = Infer("many", "many", 1, 2);
  request.wants_empty_final_response = true;
  Send(Encoded(request));
  TurnUntilMessages(3);
  EXPECT_THAT(Said(), ElementsAre("many=2", "many=4", "many.!"));
  EXPECT_EQ(Response(2).response.model_name, "many");
  // One that has a last response needs no such message.
  request.model_name = "m";
  Send(Encoded(request));
  TurnUntilMessages(4);
  Finish();
  EXPECT_THAT(Said().back(), "many=2!");
  EXPECT_THAT(got().messages, SizeIs(4));
}

TEST_F(GrpcStreamCallTest, GoesOnAfterARequestThatFails) {
  n_->Hold();
  Start();
  Send(Request("n", "slow"));
  Send(Request("nobody", "lost"));
  GrpcInferRequest wrong = Infer("m", "wrong");
  wrong.model_version = "first";
  Send(Encoded(wrong));
  Send(Request("m", "right"));
  n_->Release();
  TurnUntilMessages(4);
  // In their turn.
  EXPECT_THAT(Said(), ElementsAre("slow=0!", "lost: error", "wrong: error", "right=0!"));
  EXPECT_THAT(Response(1).error_message, HasSubstr("nobody"));
  EXPECT_EQ(Response(1).response.model_name, "nobody");
  EXPECT_EQ(Response(2).response.model_version, "first");
  Finish();
}

TEST_F(GrpcStreamCallTest, SaysWhichRequestItCannotRead) {
  Start();
  GrpcInferRequest broken = Infer("m", "broken");
  broken.message.inputs[0].tensor.shape = {2, 4};  // of half as many elements
  Send(Encoded(broken));
  Send("no protobuf");
  TurnUntilMessages(2);
  EXPECT_THAT(Said(), ElementsAre("broken: error", ": error"));
  EXPECT_EQ(Response(0).response.model_name, "m");
  Finish();
}

TEST_F(GrpcStreamCallTest, ReportsADecoupledRequestThatFailsHalfway) {
  many_->FailAfter(1, Internal("broken"));
  Start();
  Send(Request("many", "many", 1, 3));
  Finish();
  EXPECT_THAT(Said(), ElementsAre("many=2", "many: error"));
  EXPECT_THAT(Response(1).error_message, HasSubstr("broken"));
}

TEST_F(GrpcStreamCallTest, EndsWithTheFirstErrorWhereThatIsAskedFor) {
  Start({{.name = "triton_grpc_error", .value = "true"}});
  many_->HoldBefore(1);
  Send(Request("many", "under way", 1, 1000));
  TurnUntilMessages(1);
  Send(Request("m", "right"));
  Send(Request("nobody", "lost"));
  Send(Request("m", "too late"));
  TurnUntilTheEnd();
  EXPECT_EQ(got().status->code, GrpcCode::kNotFound);
  EXPECT_THAT(Said(), ElementsAre("under way=2", "right=0!"));
  // What was under way is not wanted any more.
  EXPECT_TRUE(cancellation_.cancelled());
  many_->Release();
  Send(Request("m", "later still"));
  receiver_->OnEnd();
  receiver_.reset();
  EXPECT_EQ(got().finishes, 1);
  EXPECT_THAT(got().messages, SizeIs(2));
}

TEST_F(GrpcStreamCallTest, FinishesWhatIsUnderWayWhenItsClientHasSaidAll) {
  n_->Hold();
  Start();
  Send(Request("n", "slow"));
  receiver_->OnEnd();
  n_->WaitUntilHeld(1);
  loop_->RunTasks();
  EXPECT_EQ(got().finishes, 0);
  n_->Release();
  TurnUntilTheEnd();
  EXPECT_EQ(got().status->code, GrpcCode::kOk);
  EXPECT_THAT(Said(), ElementsAre("slow=0!"));
}

TEST_F(GrpcStreamCallTest, OfNoRequestsEndsWell) {
  Start();
  Finish();
  EXPECT_THAT(got().messages, IsEmpty());
}

TEST_F(GrpcStreamCallTest, TakesNoMoreRequestsThanItsBound) {
  n_->Hold();
  Start();
  for (size_t i = 0; i < kMostRequestsOfStream; ++i) {
    EXPECT_FALSE(got().paused) << i;
    Send(Request("n", std::to_string(i)));
  }
  EXPECT_TRUE(got().paused);
  n_->Release();
  TurnUntil([&] { return !got().paused; });
  EXPECT_GE(got().messages.size(), 1U);
  Finish();
  EXPECT_THAT(got().messages, SizeIs(kMostRequestsOfStream));
}

TEST_F(GrpcStreamCallTest, WaitsForARequestThatIsReadElsewhere) {
  Start();
  const std::string large = Request("m", "large", 1, 1 << 17);
  ASSERT_TRUE(IsLongToDecode(std::as_bytes(std::span(large))));
  Send(large);
  EXPECT_TRUE(got().paused);
  TurnUntilMessages(1);
  EXPECT_FALSE(got().paused);
  Finish();
  EXPECT_THAT(Said(), ElementsAre("large=2!"));
}

TEST_F(GrpcStreamCallTest, EndsWithTheServer) {
  n_->Hold();
  Start();
  Send(Request("n", "slow"));
  n_->WaitUntilHeld(1);
  engine_.StopAccepting();
  loop_->RunTasks();
  EXPECT_EQ(got().finishes, 0);
  Send(Request("n", "late"));
  n_->Release();
  TurnUntilTheEnd();
  EXPECT_THAT(Said(), ElementsAre("slow=0!", "late: error"));
  EXPECT_EQ(got().status->code, GrpcCode::kUnavailable);
}

TEST_F(GrpcStreamCallTest, ThatBeginsTooLateEndsAtOnce) {
  engine_.StopAccepting();
  Start();
  TurnUntilTheEnd();
  EXPECT_EQ(got().status->code, GrpcCode::kUnavailable);
}

TEST_F(GrpcStreamCallTest, IsOverWhenItsClientGoes) {
  n_->Hold();
  Start();
  Send(Request("n", "slow"));
  Send(Request("n", "waiting"));
  n_->WaitUntilHeld(1);
  cancellation_.Cancel();
  receiver_.reset();
  EXPECT_EQ(got().status->code, GrpcCode::kCancelled);
  n_->Release();
  TurnUntil([&] { return answer_.use_count() == 1; });
  EXPECT_THAT(got().messages, IsEmpty());
  EXPECT_EQ(got().finishes, 1);
}

}  // namespace
}  // namespace trireme::kserve
