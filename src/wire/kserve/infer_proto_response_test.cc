// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NamedTensor Floats(const std::string& name, const std::vector<float>& values) {
  return {.name = name,
          .tensor = {.type = DataType::kFp32,
                     .shape = {1, static_cast<int64_t>(values.size())},
                     .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}};
}

InferResponse Response(std::vector<NamedTensor> outputs) {
  return {.model = {.name = "m", .version = 3}, .outputs = std::move(outputs), .parameters = {}, .stages = {}};
}

inference::ModelInferResponse Parsed(const EncodedProto& encoded) {
  inference::ModelInferResponse response;
  EXPECT_TRUE(response.ParseFromString(encoded.Joined()));
  return response;
}

Result<InferResponseMessage> Decode(const std::string& message) {
  static MemoryPool pool;
  const ReceivedProto received = ReceivedMessage(message);
  return DecodeGrpcInferResponse(received.bytes, received.keep_alive, pool);
}

TEST(InferProtoResponseTest, TheLibraryReadsWhatItWrites) {
  InferResponse response = Response({Floats("a", {1, 2}), Floats("none", {})});
  response.parameters = {{"n", int64_t{-1}}, {"u", uint64_t{2}}, {"d", 3.5}, {"s", std::string("x")}, {"b", true}};
  const auto encoded = EncodeGrpcInferResponse(response, {.id = "7", .outputs = {}, .final_response = false});
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_TRUE(encoded->inserts.empty());
  EXPECT_EQ(encoded->text.size(), encoded->text.capacity());
  const inference::ModelInferResponse parsed = Parsed(*encoded);
  EXPECT_EQ(parsed.model_name(), "m");
  EXPECT_EQ(parsed.model_version(), "3");
  EXPECT_EQ(parsed.id(), "7");
  EXPECT_EQ(parsed.parameters().at("n").int64_param(), -1);
  EXPECT_EQ(parsed.parameters().at("u").uint64_param(), 2U);
  EXPECT_EQ(parsed.parameters().at("d").double_param(), 3.5);
  EXPECT_EQ(parsed.parameters().at("s").string_param(), "x");
  EXPECT_TRUE(parsed.parameters().at("b").bool_param());
  EXPECT_FALSE(parsed.parameters().at("triton_final_response").bool_param());
  ASSERT_EQ(parsed.outputs_size(), 2);
  EXPECT_EQ(parsed.outputs(0).name(), "a");
  EXPECT_EQ(parsed.outputs(0).datatype(), "FP32");
  EXPECT_THAT(parsed.outputs(0).shape(), ElementsAre(1, 2));
  ASSERT_EQ(parsed.raw_output_contents_size(), 2);
  EXPECT_EQ(parsed.raw_output_contents(0).size(), 8U);
  EXPECT_EQ(parsed.raw_output_contents(1), "");
}

TEST(InferProtoResponseTest, SharesLargeOutputsInTheirOrder) {
  const InferResponse response =
      Response({Floats("a", std::vector<float>(2000, 1)), Floats("b", {2}), Floats("c", std::vector<float>(3000, 3))});
  const auto encoded = EncodeGrpcInferResponse(response, {});
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  ASSERT_EQ(encoded->inserts.size(), 2U);
  EXPECT_EQ(encoded->inserts[0].bytes.data(), response.outputs[0].tensor.data.data());
  EXPECT_EQ(encoded->inserts[1].bytes.data(), response.outputs[2].tensor.data.data());
  EXPECT_EQ(encoded->total_bytes(), encoded->Joined().size());
  const inference::ModelInferResponse parsed = Parsed(*encoded);
  EXPECT_EQ(parsed.raw_output_contents(1).size(), 4U);
  EXPECT_EQ(parsed.raw_output_contents(2).size(), 12000U);
}

TEST(InferProtoResponseTest, OutputsInSharedMemoryHaveEmptyContents) {
  const InferResponse response = Response({Floats("a", {1}), Floats("b", {2})});
  const GrpcResponseForm form{.id = {},
                              .outputs = {{.name = "a", .shared_memory = SharedMemoryRange{"r", 0, 4}}, {.name = "b"}}};
  const auto encoded = EncodeGrpcInferResponse(response, form);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  const auto decoded = Decode(encoded->Joined());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_THAT(decoded->outputs_elsewhere, ElementsAre(0));
  EXPECT_TRUE(decoded->outputs[0].tensor.data.empty());
  EXPECT_THAT(decoded->outputs[1].tensor.As<float>(), ElementsAre(2));
}

TEST(InferProtoResponseTest, ABackendsBrokenTensorIsOurFault) {
  NamedTensor broken = Floats("y", {1, 2});
  broken.tensor.shape = {1, 3};
  const Status status = EncodeGrpcInferResponse(Response({broken}), {}).status();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("output 'y'"));
}

TEST(InferProtoResponseTest, TextThatIsNoneIsRepaired) {
  InferResponse response = Response({Floats("y\xff", {1})});
  response.parameters = {{"k\x80", std::string("v\xc0")}};
  const auto encoded = EncodeGrpcInferResponse(response, {});
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(Parsed(*encoded).outputs(0).name(), "y\xEF\xBF\xBD");
  EXPECT_EQ(Parsed(*encoded).parameters().at("k\xEF\xBF\xBD").string_param(), "v\xEF\xBF\xBD");
}

TEST(InferProtoResponseTest, AClientReadsWhatTheServerWrites) {
  InferResponse response = Response({Floats("a", {1.5F, 2}), Floats("b", std::vector<float>(5000, 1))});
  response.parameters = {{"final", true}};
  const auto encoded = EncodeGrpcInferResponse(response, {.id = "x", .outputs = {}, .final_response = {}});
  const auto message = Decode(encoded->Joined());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->id, "x");
  EXPECT_EQ(message->model_name, "m");
  EXPECT_EQ(message->model_version, "3");
  EXPECT_EQ(message->parameters, response.parameters);
  EXPECT_THAT(message->outputs[0].tensor.As<float>(), ElementsAre(1.5F, 2));
  EXPECT_EQ(message->outputs[1].tensor.data.size(), 20'000U);
  EXPECT_TRUE(message->outputs_elsewhere.empty());
}

TEST(InferProtoResponseTest, AClientReadsTypedContentsToo) {
  inference::ModelInferResponse response;
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype("INT32");
  output.add_shape(2);
  output.mutable_contents()->add_int_contents(-1);
  output.mutable_contents()->add_int_contents(2);
  const auto message = Decode(response.SerializeAsString());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_THAT(message->outputs[0].tensor.As<int32_t>(), ElementsAre(-1, 2));
}

TEST(InferProtoResponseTest, AClientRefusesContentsThatDoNotFit) {
  inference::ModelInferResponse response;
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype("INT32");
  output.add_shape(2);
  response.add_raw_output_contents("1234");
  EXPECT_THAT(Decode(response.SerializeAsString()).status().message(),
              HasSubstr("raw_output_contents[0]: expected 8 bytes for 'y', which is INT32 [2], found 4"));
  response.add_raw_output_contents("1234");
  EXPECT_THAT(Decode(response.SerializeAsString()).status().message(),
              HasSubstr("raw_output_contents: expected 1, one for each of the outputs, found 2"));
  EXPECT_THAT(Decode("\x0a").status().message(), HasSubstr("ModelInferResponse: expected a protobuf message"));
}

Result<GrpcStreamResponse> DecodeStream(const std::string& message) {
  static MemoryPool pool;
  const ReceivedProto received = ReceivedMessage(message);
  return DecodeGrpcStreamResponse(received.bytes, received.keep_alive, pool);
}

TEST(InferProtoResponseTest, StreamsCarryResponsesWithTheirInserts) {
  const InferResponse response = Response({Floats("a", std::vector<float>(2000, 1))});
  auto encoded = EncodeGrpcInferResponse(response, {.id = "x", .outputs = {}, .final_response = true});
  const EncodedProto wrapped = WrapInStreamResponse(*std::move(encoded));
  inference::ModelStreamInferResponse parsed;
  ASSERT_TRUE(parsed.ParseFromString(wrapped.Joined()));
  EXPECT_EQ(parsed.error_message(), "");
  EXPECT_TRUE(parsed.infer_response().parameters().at("triton_final_response").bool_param());
  const auto decoded = DecodeStream(wrapped.Joined());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->response.outputs[0].tensor.As<float>().size(), 2000U);
}

TEST(InferProtoResponseTest, StreamsCarryErrorsAndEmptyFinals) {
  const auto error = DecodeStream(EncodeStreamError("no\xff", "7", "m", "1"));
  ASSERT_TRUE(error.ok()) << error.status();
  EXPECT_EQ(error->error_message, "no\xEF\xBF\xBD");
  EXPECT_EQ(error->response.id, "7");
  EXPECT_EQ(error->response.model_name, "m");
  EXPECT_TRUE(error->response.parameters.empty());

  const auto final_one = DecodeStream(EncodeEmptyFinalResponse(std::nullopt, "m", ""));
  ASSERT_TRUE(final_one.ok()) << final_one.status();
  EXPECT_EQ(final_one->error_message, "");
  EXPECT_EQ(final_one->response.id, std::nullopt);
  EXPECT_EQ(final_one->response.parameters, (Parameters{{"triton_final_response", true}}));
}

}  // namespace
}  // namespace trireme::kserve
