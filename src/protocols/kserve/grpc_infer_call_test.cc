// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_infer_call.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "protocols/kserve/testing/grpc_fixture.h"

namespace trireme::kserve {
namespace {

using net::GrpcCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class GrpcInferCallTest : public GrpcFixture {
 protected:
  // The one message of an answer.
  InferResponseMessage Read(const net::RecordedGrpcAnswer& answer) {
    EXPECT_THAT(answer.messages, SizeIs(1));
    const net::GrpcMessage message = Message(answer.messages.front());
    Result<InferResponseMessage> read = DecodeGrpcInferResponse(message.bytes, message.storage, models_.pool);
    EXPECT_TRUE(read.ok()) << read.status();
    return *std::move(read);
  }

  void ExpectFailure(const std::string& request, GrpcCode code, const std::string& says) {
    const net::RecordedGrpcAnswer& answer = Call("ModelInfer", request);
    EXPECT_EQ(answer.status->code, code) << answer.status->message;
    EXPECT_THAT(answer.status->message, HasSubstr(says));
    EXPECT_THAT(answer.messages, SizeIs(0));
    EXPECT_EQ(answer.finishes, 1);
  }
};

TEST_F(GrpcInferCallTest, AnswersWithTheOutputs) {
  const net::RecordedGrpcAnswer& answer = Call("ModelInfer", Request("m", "an id", 3));
  EXPECT_EQ(answer.status->code, GrpcCode::kOk) << answer.status->message;
  const InferResponseMessage response = Read(answer);
  EXPECT_EQ(response.id, "an id");
  EXPECT_EQ(response.model_name, "m");
  EXPECT_EQ(response.model_version, "1");
  ASSERT_THAT(response.outputs, SizeIs(1));
  EXPECT_EQ(response.outputs[0].name, "y");
  EXPECT_THAT(response.outputs[0].tensor.As<float>(), ElementsAre(6, 6, 6, 6));
  EXPECT_THAT(response.parameters, SizeIs(0));
}

TEST_F(GrpcInferCallTest, SaysWhatIsWrongWithARequest) {
  ExpectFailure("no protobuf", GrpcCode::kInvalidArgument, "");
  ExpectFailure(Request("nobody", "i"), GrpcCode::kNotFound, "nobody");
  GrpcInferRequest version = Infer("m", "i");
  version.model_version = "1st";
  ExpectFailure(Encoded(version), GrpcCode::kInvalidArgument, "expected a label or a whole number above 0");
  version.model_version = "2";
  ExpectFailure(Encoded(version), GrpcCode::kNotFound, "2");
  GrpcInferRequest input = Infer("m", "i");
  input.message.inputs[0].name = "z";
  ExpectFailure(Encoded(input), GrpcCode::kInvalidArgument, "'z'");
}

TEST_F(GrpcInferCallTest, RefusesModelsOfSeveralResponses) {
  ExpectFailure(Request("many", "i"), GrpcCode::kUnimplemented, "decoupled");
}

TEST_F(GrpcInferCallTest, SaysWhyARunFailed) {
  m_.FailWhen([](int64_t) { return InvalidArgument("not these rows"); });
  ExpectFailure(Request("m", "i"), GrpcCode::kInvalidArgument, "not these rows");
  m_.FailWhen([](int64_t) { return Internal("broken"); });
  ExpectFailure(Request("m", "i"), GrpcCode::kInternal, "broken");
}

TEST_F(GrpcInferCallTest, DoesNotReadWhatNobodyWaitsForAnyMore) {
  net::GrpcHead late = Head();
  late.deadline = Clock::System().Now() - std::chrono::seconds(1);
  EXPECT_EQ(Call("ModelInfer", "no protobuf", std::move(late)).status->code, GrpcCode::kDeadlineExceeded);
  cancellation_.Cancel();
  EXPECT_EQ(Call("ModelInfer", "no protobuf").status->code, GrpcCode::kCancelled);
}

TEST_F(GrpcInferCallTest, HasTheDeadlineOfItsCall) {
  n_->Hold();
  const auto first = Begin("ModelInfer", Request("n", "1"), Head());
  n_->WaitUntilHeld(1);
  net::GrpcHead head = Head();
  head.deadline = Clock::System().Now() + std::chrono::milliseconds(1);
  const TimePoint deadline = head.deadline;
  const auto second = Begin("ModelInfer", Request("n", "2"), std::move(head));
  TurnUntil([&] { return Clock::System().Now() > deadline; });
  n_->Release();
  TurnUntil([&] { return first->recorded.finishes > 0 && second->recorded.finishes > 0; });
  EXPECT_EQ(first->recorded.status->code, GrpcCode::kOk);
  EXPECT_EQ(second->recorded.status->code, GrpcCode::kDeadlineExceeded);
}

TEST_F(GrpcInferCallTest, PutsClassesInTheirOutputsPlace) {
  GrpcInferRequest request = Infer("m", "i", 0, 2);
  request.message.form.outputs.push_back({.name = "y", .binary = true, .classification = 1});
  const InferResponseMessage response = Read(Call("ModelInfer", Encoded(request)));
  ASSERT_THAT(response.outputs, SizeIs(1));
  EXPECT_EQ(response.outputs[0].tensor.type, DataType::kBytes);
  EXPECT_EQ(response.outputs[0].tensor.shape, Shape({2, 1}));
}

TEST_F(GrpcInferCallTest, SaysThatSharedMemoryIsSwitchedOff) {
  GrpcInferRequest request = Infer("m", "i");
  request.message.form.outputs.push_back(
      {.name = "y", .binary = true, .shared_memory = SharedMemoryRange{.region = "r", .offset = 0, .byte_size = 16}});
  ExpectFailure(Encoded(request), GrpcCode::kUnimplemented, "output 'y': client shared memory is disabled");
}

}  // namespace
}  // namespace trireme::kserve
