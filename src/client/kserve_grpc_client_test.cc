// SPDX-License-Identifier: Apache-2.0
#include "client/kserve_grpc_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client/grpc_client.h"
#include "client/testing/grpc_server.h"
#include "client/testing/scripted_server.h"
#include "proto/grpc_service.pb.h"
#include "wire/kserve/infer_proto.h"

namespace trireme::client {
namespace {

using testing::HasSubstr;
using Answer = ScriptedGrpcServer::Answer;
using Message = ScriptedGrpcServer::Message;

std::unique_ptr<InferenceClient> ClientOf(const ScriptedGrpcServer& server, ClientOptions options = {}) {
  return MakeInferenceClient(*ParseUrl(server.url()), options);
}

Answer Say(const google::protobuf::Message& message) {
  return {.messages = {message.SerializeAsString()}};
}

TEST(KserveGrpcClientTest, ReadsAModelsMetadata) {
  inference::ModelMetadataRequest request;
  std::string path;
  const ScriptedGrpcServer server([&](const Message& message) {
    path = message.path;
    request.ParseFromString(message.bytes);
    inference::ModelMetadataResponse response;
    response.set_name("add");
    response.add_versions("3");
    auto* input = response.add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    input->add_shape(-1);
    input->add_shape(2);
    return Say(response);
  });
  const auto metadata = ClientOf(server)->Metadata("add", "3");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(path, "/inference.GRPCInferenceService/ModelMetadata");
  EXPECT_EQ(request.name() + request.version(), "add3");
  ASSERT_EQ(metadata->signature.inputs.size(), 1u);
  EXPECT_EQ(metadata->signature.inputs[0].shape, Shape({-1, 2}));
}

TEST(KserveGrpcClientTest, AsksWhatTheServerIs) {
  std::string path;
  const ScriptedGrpcServer server([&](const Message& message) {
    path = message.path;
    inference::ServerMetadataResponse response;
    response.set_name("trireme");
    response.set_version("1.2");
    return Say(response);
  });
  const auto metadata = ClientOf(server)->Server();
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(path, "/inference.GRPCInferenceService/ServerMetadata");
  EXPECT_EQ(metadata->name + " " + metadata->version, "trireme 1.2");
}

TEST(KserveGrpcClientTest, RefusesMetadataThatNoModelHas) {
  for (const bool bad_type : {false, true}) {
    const ScriptedGrpcServer server([&](const Message&) {
      inference::ModelMetadataResponse response;
      auto* input = response.add_inputs();
      input->set_datatype(bad_type ? "FP31" : "FP32");
      input->add_shape(-2);
      return Say(response);
    });
    EXPECT_EQ(ClientOf(server)->Metadata("add", "").status().code(), StatusCode::kInvalidArgument);
  }
  const ScriptedGrpcServer garbage([](const Message&) { return Answer{.messages = {"\xff\xff"}}; });
  EXPECT_THAT(ClientOf(garbage)->Metadata("add", "").status().message(), HasSubstr("ModelMetadataResponse"));
}

TEST(KserveGrpcClientTest, ListsWhatThereIs) {
  const ScriptedGrpcServer server([](const Message&) {
    inference::RepositoryIndexResponse response;
    auto* model = response.add_models();
    model->set_name("add");
    model->set_state("READY");
    return Say(response);
  });
  const auto index = ClientOf(server)->Index();
  ASSERT_TRUE(index.ok()) << index.status();
  ASSERT_EQ(index->size(), 1u);
  EXPECT_EQ((*index)[0].name, "add");
}

TEST(KserveGrpcClientTest, ARefusalCarriesTheServersWords) {
  const ScriptedGrpcServer server([](const Message&) {
    return Answer{.end = GrpcEnd{net::GrpcCode::kNotFound, "no model x"}};
  });
  const Status status = ClientOf(server)->Metadata("x", "").status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no model x"));
}

TEST(KserveGrpcClientTest, RegistersMemoryWithTheKey) {
  std::vector<std::string> paths;
  inference::SystemSharedMemoryRegisterRequest request;
  const ScriptedGrpcServer server([&](const Message& message) {
    paths.push_back(message.path + " " + message.headers.at("authorization"));
    if (paths.size() == 1) request.ParseFromString(message.bytes);
    return Answer{.messages = {""}};
  });
  const auto client = ClientOf(server, {.api_key = "secret"});
  EXPECT_TRUE(client->RegisterSystemMemory({.name = "r", .key = "/k", .offset = 1, .byte_size = 2}).ok());
  EXPECT_TRUE(client->UnregisterSystemMemory("r").ok());
  EXPECT_THAT(paths,
              testing::ElementsAre("/inference.GRPCInferenceService/SystemSharedMemoryRegister Bearer secret",
                                   "/inference.GRPCInferenceService/SystemSharedMemoryUnregister Bearer secret"));
  EXPECT_EQ(request.key(), "/k");
  EXPECT_EQ(request.byte_size(), 2u);
}

TEST(KserveGrpcClientTest, InfersOnce) {
  const ScriptedGrpcServer server([](const Message& message) {
    MemoryPool pool;
    const auto request = kserve::DecodeGrpcInferRequest(std::as_bytes(std::span(message.bytes)), nullptr, pool);
    InferResponse response;
    response.outputs = request->message.inputs;
    return Answer{.messages = {kserve::EncodeGrpcInferResponse(response, {})->Joined()}};
  });
  MemoryPool pool;
  Tensor x = MakeTensor(pool, DataType::kFp32, Shape({1}));
  x.MutableAs<float>()[0] = 7;
  kserve::InferRequestMessage message;
  message.inputs.push_back({"x", x});
  const auto answer = ClientOf(server)->InferOnce("add", "", message, pool);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outputs[0].tensor.As<float>()[0], 7);
}

TEST(CallGrpcTest, DoesNotWaitLongerThanItWasTold) {
  const ScriptedGrpcServer server([](const Message&) { return Answer{.hangs = true}; });
  EXPECT_EQ(ClientOf(server, {.timeout = std::chrono::milliseconds(20)})->CheckReady().code(),
            StatusCode::kDeadlineExceeded);
}

TEST(CallGrpcTest, NamesServerAndReasonWhereThereIsNone) {
  const std::string url = "grpc://127.0.0.1:" + std::to_string(UnusedPort());
  const Status status = KserveGrpcClient(*ParseUrl(url), {}).CheckReady();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), testing::AllOf(HasSubstr("127.0.0.1"), HasSubstr("refused")));
}

}  // namespace
}  // namespace trireme::client
