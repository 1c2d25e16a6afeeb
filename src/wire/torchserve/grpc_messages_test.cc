// SPDX-License-Identifier: Apache-2.0
// Each message against what protobuf's own library makes of it.
#include "wire/torchserve/grpc_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/torchserve_inference.pb.h"
#include "proto/torchserve_management.pb.h"
#include "wire/torchserve/grpc_management.h"

namespace trireme::torchserve {
namespace {

namespace inference = org::pytorch::serve::grpc::inference;
namespace management = org::pytorch::serve::grpc::management;
using ::testing::HasSubstr;

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(PredictionsRequest, IsReadWithoutACopy) {
  inference::PredictionsRequest message;
  message.set_model_name("resnet");
  message.set_model_version("1.0");
  message.set_sequence_id("");
  (*message.mutable_input())["data"] = std::string("\xff\xd8\0", 3);
  const std::string bytes = message.SerializeAsString();
  const auto request = DecodePredictionsRequest(Bytes(bytes));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->model_name, "resnet");
  EXPECT_EQ(request->model_version, "1.0");
  EXPECT_EQ(request->sequence_id, "");
  ASSERT_EQ(request->inputs.size(), 1u);
  EXPECT_EQ(request->inputs[0].name, "data");
  EXPECT_EQ(Text(request->inputs[0].bytes), std::string("\xff\xd8\0", 3));
  EXPECT_GE(Bytes(bytes).data() + bytes.size(), request->inputs[0].bytes.data() + 3);
  EXPECT_LE(Bytes(bytes).data(), request->inputs[0].bytes.data());
}

TEST(PredictionsRequest, IsWrittenAsTheLibraryReadsIt) {
  const std::string data = "bytes";
  const std::string written = EncodePredictionsRequest(
      {.model_name = "m", .model_version = "2", .inputs = {{"a", Bytes(data)}, {"b", {}}}, .sequence_id = "s"});
  inference::PredictionsRequest message;
  ASSERT_TRUE(message.ParseFromString(written));
  EXPECT_EQ(message.model_name(), "m");
  EXPECT_EQ(message.model_version(), "2");
  EXPECT_EQ(message.input().at("a"), "bytes");
  EXPECT_EQ(message.input().at("b"), "");
  EXPECT_EQ(message.sequence_id(), "s");
}

TEST(PredictionsRequest, KeepsTheLastOfEachName) {
  const std::string one = "1";
  const std::string two = "2";
  const auto bytes =
      EncodePredictionsRequest({.model_name = "m", .inputs = {{"a", Bytes(one)}, {"b", {}}, {"a", Bytes(two)}}});
  const auto request = DecodePredictionsRequest(Bytes(bytes));
  ASSERT_EQ(request->inputs.size(), 2u);
  EXPECT_EQ(Text(request->inputs[0].bytes), "2");
}

TEST(PredictionsRequest, SaysWhatIsWrong) {
  const auto why = [](const std::string& bytes) { return DecodePredictionsRequest(Bytes(bytes)).status().message(); };
  EXPECT_THAT(why(""), HasSubstr("model_name: expected the name of a model, found nothing"));
  EXPECT_THAT(why("\xff"), HasSubstr("expected a protobuf message, found something else from byte 0 on"));
  EXPECT_THAT(why("\x08\x01"), HasSubstr("model_name: expected bytes, found a number"));
  EXPECT_THAT(why("\x0a\x01\xff"), HasSubstr("model_name: expected UTF-8"));
  EXPECT_THAT(why("\x1a\x02\x0a\x05"), HasSubstr("input: expected a protobuf message"));
  EXPECT_THAT(why("\x18\x01"), HasSubstr("input: expected bytes"));
  std::string empty_inputs = "\x0a\x01m";
  for (int i = 0; i < 70'000; ++i) empty_inputs += std::string_view("\x1a\0", 2);
  EXPECT_THAT(why(empty_inputs), HasSubstr("PredictionsRequest: expected at most 65536 fields, found more"));
  std::string many;
  for (size_t i = 0; i <= kMaxInputs; ++i) many += "\x1a\x06\x0a\x04" + std::to_string(1000 + i);
  EXPECT_THAT(why(many), HasSubstr("at most 1000 entries"));
}

TEST(PredictionResponse, IsFramedAsTheLibraryReadsIt) {
  const std::string prediction(300, 'p');
  const StreamStatus status{.code = 13, .message = "Prediction failed"};
  const PredictionFrame frame = FramePrediction(prediction.size(), "s", status);
  const std::string whole = frame.head + prediction + frame.tail;
  inference::PredictionResponse message;
  ASSERT_TRUE(message.ParseFromString(whole));
  EXPECT_EQ(message.prediction(), prediction);
  EXPECT_EQ(message.sequence_id(), "s");
  EXPECT_EQ(message.status().code(), 13);
  EXPECT_EQ(message.status().message(), "Prediction failed");
  const auto read = DecodePredictionResponse(Bytes(whole));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(Text(read->prediction), prediction);
  EXPECT_EQ(read->sequence_id, "s");
  EXPECT_EQ(read->status, status);
  EXPECT_EQ(FramePrediction(0).head + FramePrediction(0).tail, "");
}

TEST(TextResponse, IsThatOfBothServices) {
  inference::TorchServeHealthResponse health;
  management::ManagementResponse response;
  ASSERT_TRUE(health.ParseFromString(EncodeTextResponse("{}")));
  ASSERT_TRUE(response.ParseFromString(EncodeTextResponse("done")));
  EXPECT_EQ(health.health(), "{}");
  EXPECT_EQ(response.msg(), "done");
}

TEST(GrpcManagement, TakesZeroForNothing) {
  management::RegisterModelRequest message;
  message.set_url("m.mar");
  message.set_batch_size(4);
  EXPECT_EQ(*DecodeGrpcRegister(Bytes(message.SerializeAsString())),
            (RegisterRequest{.url = "m.mar", .batch_size = 4, .synchronous = false}));
  management::ScaleWorkerRequest scale;
  scale.set_model_name("m");
  scale.set_min_worker(2);
  EXPECT_EQ(DecodeGrpcScale(Bytes(scale.SerializeAsString()))->request,
            (ScaleRequest{.min_worker = 2, .max_worker = 2}));
  EXPECT_EQ(DecodeGrpcList({})->limit, 100);
}

TEST(GrpcManagement, ReadsModels) {
  management::DescribeModelRequest describe;
  describe.set_model_name("m");
  describe.set_model_version("all");
  describe.set_customized(true);
  const auto read = DecodeGrpcDescribe(Bytes(describe.SerializeAsString()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->model.version, "all");
  EXPECT_TRUE(read->customized);
  management::SetDefaultRequest set;
  set.set_model_name("m");
  set.set_model_version("2");
  EXPECT_EQ(DecodeGrpcModel(Bytes(set.SerializeAsString()))->version, "2");
}

TEST(GrpcManagement, SaysWhatIsWrong) {
  const std::string none;
  EXPECT_THAT(DecodeGrpcDescribe(Bytes(none)).status().message(),
              HasSubstr("model_name: expected the name of a model"));
  const std::string broken = "\xff";
  EXPECT_THAT(DecodeGrpcRegister(Bytes(broken)).status().message(),
              HasSubstr("expected a org.pytorch.serve.grpc.management.RegisterModelRequest, found other bytes"));
}

}  // namespace
}  // namespace trireme::torchserve
