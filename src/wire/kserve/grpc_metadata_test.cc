// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Message>
Message Parsed(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(GrpcMetadataTest, SaysWhetherSomethingIsReady) {
  for (const bool ready : {false, true}) {
    const std::string bytes = EncodeGrpcReady(ready);
    EXPECT_EQ(Parsed<inference::ServerLiveResponse>(bytes).live(), ready);
    EXPECT_EQ(Parsed<inference::ServerReadyResponse>(bytes).ready(), ready);
    EXPECT_EQ(Parsed<inference::ModelReadyResponse>(bytes).ready(), ready);
    EXPECT_EQ(*DecodeGrpcReady("ServerReadyResponse", AsBytes(bytes)), ready);
  }
}

TEST(GrpcMetadataTest, DescribesTheServer) {
  const std::string bytes = EncodeGrpcServerMetadata({.name = "trireme\xff", .version = "1", .extensions = {"a", "b"}});
  const auto message = Parsed<inference::ServerMetadataResponse>(bytes);
  EXPECT_EQ(message.name(), "trireme\xEF\xBF\xBD");
  EXPECT_EQ(message.version(), "1");
  EXPECT_THAT(message.extensions(), ElementsAre("a", "b"));
  EXPECT_THAT(DecodeGrpcServerMetadata(AsBytes(bytes))->extensions, ElementsAre("a", "b"));
}

TEST(GrpcMetadataTest, ReadsWhichModelIsMeant) {
  inference::ModelConfigRequest message;
  message.set_name("résumé");
  message.set_version("2");
  const auto request = DecodeGrpcModelRequest("ModelConfigRequest", AsBytes(message.SerializeAsString()));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->name, "résumé");
  EXPECT_EQ(request->version, "2");
  EXPECT_EQ(Parsed<inference::ModelReadyRequest>(EncodeGrpcModelRequest(*request)).name(), "résumé");
  EXPECT_EQ(DecodeGrpcModelRequest("ModelConfigRequest", {})->name, "");
}

TEST(GrpcMetadataTest, RefusesWhatIsNoMessage) {
  const auto refused = [](const std::string& bytes, const std::string& text) {
    const Status status = DecodeGrpcModelRequest("ModelReadyRequest", AsBytes(bytes)).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), text);
  };
  refused("\x0a", "ModelReadyRequest: expected a protobuf message, found bytes that are none at byte 0");
  refused("\x0a\x01m\x12", "ModelReadyRequest: expected a protobuf message, found bytes that are none at byte 3");
  refused("\x08\x01", "ModelReadyRequest.name: expected a string, found an integer");
  refused("\x12\x01\xff", "ModelReadyRequest.version: expected a string in UTF-8, found bytes that are not");
  EXPECT_EQ(CheckGrpcEmptyRequest("ServerLiveRequest", AsBytes("\x0a")).message(),
            "ServerLiveRequest: expected a protobuf message, found bytes that are none at byte 0");
  EXPECT_TRUE(CheckGrpcEmptyRequest("ServerLiveRequest", AsBytes("\x08\x01")).ok());
  EXPECT_TRUE(CheckGrpcEmptyRequest("ServerLiveRequest", {}).ok());
}

TEST(GrpcMetadataTest, DescribesAModel) {
  const ModelMetadata metadata{
      .name = "m",
      .versions = {"1", "2"},
      .platform = "onnxruntime_onnx",
      .signature = {.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {Shape::kAny, 16}}},
                    .outputs = {{.name = "y", .type = DataType::kBytes, .shape = {}}}}};
  const std::string bytes = EncodeGrpcModelMetadata(metadata);
  const auto message = Parsed<inference::ModelMetadataResponse>(bytes);
  EXPECT_EQ(message.name(), "m");
  EXPECT_THAT(message.versions(), ElementsAre("1", "2"));
  EXPECT_EQ(message.platform(), "onnxruntime_onnx");
  ASSERT_EQ(message.inputs_size(), 1);
  EXPECT_EQ(message.inputs(0).datatype(), "FP32");
  EXPECT_THAT(message.inputs(0).shape(), ElementsAre(-1, 16));
  EXPECT_EQ(message.outputs(0).datatype(), "BYTES");

  const auto read = DecodeGrpcModelMetadata(AsBytes(bytes));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, "m");
  EXPECT_EQ(read->signature.inputs[0].shape, (Shape{-1, 16}));
  EXPECT_EQ(read->signature.outputs[0].type, DataType::kBytes);
  EXPECT_EQ(EncodeGrpcModelMetadata(*read), bytes);
}

TEST(GrpcMetadataTest, RefusesAModelThatIsNone) {
  inference::ModelMetadataResponse message;
  message.add_inputs()->set_name("x");
  const auto error = [&] { return DecodeGrpcModelMetadata(AsBytes(message.SerializeAsString())).status().message(); };
  EXPECT_THAT(error(),
              HasSubstr("ModelMetadataResponse.inputs[0].datatype: expected the name of a datatype, found not"));
  message.mutable_inputs(0)->set_datatype("FP31");
  EXPECT_THAT(error(), HasSubstr("inputs[0].datatype: expected the name of a datatype, found 'FP31'"));
  message.mutable_inputs(0)->set_datatype("FP32");
  message.mutable_inputs(0)->add_shape(-2);
  EXPECT_THAT(error(), HasSubstr("inputs[0].shape[0]: expected a size of at least -1, found -2"));
}

TEST(GrpcMetadataTest, TellsAModelsConfigAsItIsServed) {
  const ModelConfigParts parts{.message = "", .name = "m", .platform = "onnxruntime_onnx", .backend = "onnx"};
  const auto message = Parsed<inference::ModelConfigResponse>(EncodeGrpcModelConfig(parts));
  EXPECT_EQ(message.config().name(), "m");
  EXPECT_EQ(message.config().backend(), "onnxruntime");
}

TEST(GrpcMetadataTest, TellsStatistics) {
  StatisticsEntry entry{.name = "m", .version = "1", .statistics = {}, .memory_bytes = 9};
  ModelStatistics& statistics = entry.statistics;
  statistics.last_inference = std::chrono::system_clock::time_point(std::chrono::milliseconds(1234));
  statistics.inferences = 5;
  statistics.executions = 2;
  statistics.success.Add(std::chrono::nanoseconds(70), 2);
  statistics.cache_hit.Add(std::chrono::nanoseconds(9), 3);
  statistics.cache_miss.Add(std::chrono::nanoseconds(5));
  statistics.batches[4].compute_infer.Add(std::chrono::nanoseconds(8));
  statistics.responses.resize(2);
  statistics.responses[1].empty_response.Add(std::chrono::nanoseconds(3));
  const auto message = Parsed<inference::ModelStatisticsResponse>(EncodeGrpcStatistics(std::span(&entry, 1)));
  ASSERT_EQ(message.model_stats_size(), 1);
  const inference::ModelStatistics& stats = message.model_stats(0);
  EXPECT_EQ(stats.name(), "m");
  EXPECT_EQ(stats.version(), "1");
  EXPECT_EQ(stats.last_inference(), 1234U);
  EXPECT_EQ(stats.inference_count(), 5U);
  EXPECT_EQ(stats.execution_count(), 2U);
  EXPECT_EQ(stats.inference_stats().success().count(), 2U);
  EXPECT_EQ(stats.inference_stats().success().ns(), 70U);
  EXPECT_EQ(stats.inference_stats().cache_hit().count(), 3U);
  EXPECT_EQ(stats.inference_stats().cache_hit().ns(), 9U);
  EXPECT_EQ(stats.inference_stats().cache_miss().count(), 1U);
  ASSERT_EQ(stats.batch_stats_size(), 1);
  EXPECT_EQ(stats.batch_stats(0).batch_size(), 4U);
  EXPECT_EQ(stats.batch_stats(0).compute_infer().ns(), 8U);
  EXPECT_EQ(stats.response_stats_size(), 2);
  EXPECT_EQ(stats.response_stats().at("1").empty_response().ns(), 3U);
  EXPECT_EQ(stats.memory_usage(0).byte_size(), 9U);
}

}  // namespace
}  // namespace trireme::kserve
