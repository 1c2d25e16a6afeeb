// SPDX-License-Identifier: Apache-2.0
#include "client/kserve_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/repository_index.h"
#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kMetadata[] =
    R"({"name":"add","versions":["1"],"platform":"onnx","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],)"
    R"("outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]})";

kserve::InferRequestMessage Request(MemoryPool& pool) {
  Tensor x = MakeTensor(pool, DataType::kFp32, Shape({1, 2}));
  x.MutableAs<float>()[0] = 1;
  x.MutableAs<float>()[1] = 2;
  kserve::InferRequestMessage message;
  message.inputs.push_back({"x", x});
  return message;
}

TEST(KserveClientTest, ReadsAModelsMetadata) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer(kMetadata);
  });
  const auto metadata = KserveClient(*ParseUrl(server.url() + "/prefix/")).Metadata("a dd", "1");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(seen, StartsWith("GET /prefix/v2/models/a%20dd/versions/1 HTTP/1.1\r\n"));
  ASSERT_EQ(metadata->signature.inputs.size(), 1u);
  EXPECT_EQ(metadata->signature.inputs[0].shape, Shape({-1, 2}));
}

TEST(KserveClientTest, AsksWhatTheServerIs) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer(R"({"name":"trireme","version":"1.2","extensions":[]})");
  });
  const auto metadata = KserveClient(*ParseUrl(server.url() + "/prefix/")).Server();
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->name + " " + metadata->version, "trireme 1.2");
  EXPECT_THAT(seen, StartsWith("GET /prefix/v2 HTTP/1.1\r\n"));
}

TEST(KserveClientTest, InfersInJson) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer(
        R"({"model_name":"add","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[4]}]})");
  });
  MemoryPool pool;
  const auto answer =
      KserveClient(*ParseUrl(server.url())).Infer("add", "", Request(pool), kserve::InputForm::kJson, pool);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->outputs.size(), 1u);
  EXPECT_EQ(answer->outputs[0].tensor.As<float>()[0], 4);
  EXPECT_THAT(seen, AllOf(StartsWith("POST /v2/models/add/infer HTTP/1.1\r\n"), HasSubstr("application/json")));
}

TEST(KserveClientTest, InfersInBinary) {
  const std::string json =
      R"({"model_name":"add","outputs":[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]})";
  // The add model's answer is its input: the last 8 bytes of what was sent.
  ScriptedServer server([&](const std::string& request) {
    return ScriptedServer::Answer(json + request.substr(request.size() - 8), "200 OK",
                                  "inference-header-content-length: " + std::to_string(json.size()) + "\r\n");
  });
  MemoryPool pool;
  const auto answer =
      KserveClient(*ParseUrl(server.url())).Infer("add", "", Request(pool), kserve::InputForm::kBinary, pool);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outputs[0].tensor.As<float>()[1], 2);
}

TEST(KserveClientTest, ARefusalCarriesTheServersWords) {
  ScriptedServer server(
      [](const std::string&) { return ScriptedServer::Answer(R"({"error":"no model \"x\""})", "404 Not Found"); });
  const Status status = KserveClient(*ParseUrl(server.url())).Metadata("x").status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no model \"x\""));
}

TEST(KserveClientTest, TellsOverloadFromFaults) {
  EXPECT_EQ(RefusalStatus(429, "").code(), StatusCode::kOverloaded);
  EXPECT_EQ(RefusalStatus(400, "").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(RefusalStatus(500, "").code(), StatusCode::kInternal);
  EXPECT_THAT(RefusalStatus(502, "<html>bad gateway").message(), HasSubstr("bad gateway"));
}

TEST(KserveClientTest, ARefusalsTextIsWhatTheServerSays) {
  EXPECT_EQ(RefusalText(R"({"error":"full"})"), "full");
  EXPECT_EQ(RefusalText(R"({"code":503,"type":"ServiceUnavailableException","message":"no worker"})"), "no worker");
  EXPECT_EQ(RefusalText("<html>bad gateway"), "<html>bad gateway");
  EXPECT_EQ(RefusalText(std::string(1000, 'x')).size(), 256u);
  EXPECT_EQ(RefusalText(""), "");
}

TEST(RepositoryIndexTest, ReadsEveryEntry) {
  const auto index = DecodeRepositoryIndex(
      R"([{"name":"a"},{"name":"b","version":"2","state":"UNAVAILABLE","reason":"unloaded","more":[1]}])");
  ASSERT_TRUE(index.ok()) << index.status();
  ASSERT_EQ(index->size(), 2u);
  EXPECT_EQ((*index)[0].name, "a");
  EXPECT_EQ((*index)[1].version, "2");
  EXPECT_EQ((*index)[1].state, "UNAVAILABLE");
  EXPECT_EQ((*index)[1].reason, "unloaded");
}

TEST(RepositoryIndexTest, RefusesWhatIsNoIndex) {
  for (const char* text : {"", "{}", "[{}]", "[1]", R"([{"name":1}])", R"([{"name":"a"}]x)", R"([{"name":"a"})"}) {
    EXPECT_EQ(DecodeRepositoryIndex(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(EscapePathSegmentTest, EncodesWhatASegmentCannotHold) {
  EXPECT_EQ(EscapePathSegment("a/b?c d%\xFF-_.~"), "a%2Fb%3Fc%20d%25%FF-_.~");
}

}  // namespace
}  // namespace trireme::client
