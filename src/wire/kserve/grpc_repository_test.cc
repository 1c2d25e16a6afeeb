// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using inference::RepositoryModelLoadRequest;
using ::testing::HasSubstr;

Result<GrpcLoadRequest> Decode(const RepositoryModelLoadRequest& request) {
  return DecodeGrpcLoadRequest(AsBytes(request.SerializeAsString()));
}

RepositoryModelLoadRequest Load() {
  RepositoryModelLoadRequest request;
  request.set_model_name("m");
  (*request.mutable_parameters())["config"].set_string_param("{}");
  return request;
}

TEST(GrpcRepositoryTest, TheIndexTravelsBothWays) {
  inference::RepositoryIndexRequest request;
  request.set_ready(true);
  EXPECT_TRUE(DecodeGrpcIndexRequest(AsBytes(request.SerializeAsString()))->ready_only);
  EXPECT_FALSE(DecodeGrpcIndexRequest({})->ready_only);
  EXPECT_TRUE(DecodeGrpcIndexRequest(AsBytes(EncodeGrpcIndexRequest({.ready_only = true})))->ready_only);

  const std::string bytes =
      EncodeGrpcRepositoryIndex({{.name = "m", .version = "1", .state = "READY", .reason = ""}, {.name = "n\xff"}});
  inference::RepositoryIndexResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  ASSERT_EQ(response.models_size(), 2);
  EXPECT_EQ(response.models(0).state(), "READY");
  EXPECT_EQ(response.models(1).name(), "n\xEF\xBF\xBD");
  const auto entries = DecodeGrpcRepositoryIndex(AsBytes(bytes));
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->at(0).version, "1");
}

TEST(GrpcRepositoryTest, NamesOfRepositoriesAreNotSupported) {
  RepositoryModelLoadRequest load = Load();
  load.set_repository_name("r");
  EXPECT_EQ(Decode(load).status().code(), StatusCode::kUnsupported);
  inference::RepositoryIndexRequest index;
  index.set_repository_name("r");
  const Status status = DecodeGrpcIndexRequest(AsBytes(index.SerializeAsString())).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("RepositoryIndexRequest.repository_name: names of repositories"));
}

TEST(GrpcRepositoryTest, ReadsConfigAndFiles) {
  RepositoryModelLoadRequest request = Load();
  (*request.mutable_parameters())["file:1/model.onnx"].set_bytes_param(std::string("\0\xff", 2));
  const auto load = Decode(request);
  ASSERT_TRUE(load.ok()) << load.status();
  EXPECT_EQ(load->model_name, "m");
  EXPECT_EQ(load->request.config, "{}");
  EXPECT_THAT(load->request.files, testing::ElementsAre(std::pair<const std::string, std::string>(
                                       "1/model.onnx", std::string("\0\xff", 2))));
}

TEST(GrpcRepositoryTest, RefusesLoadsAsJsonDoes) {
  const auto refused = [](const std::string& key, const std::function<void(inference::ModelRepositoryParameter&)>& set,
                          const std::string& message) {
    RepositoryModelLoadRequest request = Load();
    set((*request.mutable_parameters())[key]);
    const Status status = Decode(request).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << key;
    EXPECT_THAT(status.message(), HasSubstr("RepositoryModelLoadRequest.parameters." + message));
  };
  const auto bytes = [](auto& parameter) { parameter.set_bytes_param("x"); };
  const auto text = [](auto& parameter) { parameter.set_string_param("x"); };
  refused("config", bytes, "config: expected a model configuration in string_param, found bytes_param");
  refused(
      "config", [](auto& parameter) { parameter.set_string_param(""); }, "config: expected a model configuration");
  refused(
      "config", [](auto& parameter) { parameter.Clear(); }, "config: expected a model configuration in");
  refused("file:1/m", text, "file:1/m: expected the file's bytes in bytes_param, found string_param");
  refused("unload_dependents", text, "unload_dependents: expected 'config' or 'file:<version>/<name>'");
  for (const char* key : {"file:model.onnx", "file:1/../../etc/passwd", "file:/m", "file:0/m", "file:1/a/../b"}) {
    refused(key, bytes, std::string(key) + ": expected 'file:<version>/<name>'");
  }
}

TEST(GrpcRepositoryTest, RefusesFilesWithoutConfigAndModelsWithoutName) {
  RepositoryModelLoadRequest request;
  EXPECT_THAT(Decode(request).status().message(),
              HasSubstr("RepositoryModelLoadRequest.model_name: expected the name of a model, found nothing"));
  request.set_model_name("m");
  EXPECT_TRUE(Decode(request).ok());
  (*request.mutable_parameters())["file:1/m"].set_bytes_param("x");
  EXPECT_THAT(Decode(request).status().message(),
              HasSubstr("parameters.config: expected the configuration of the model whose files are given"));
}

TEST(GrpcRepositoryTest, UnloadKnowsOneParameter) {
  inference::RepositoryModelUnloadRequest request;
  const auto decode = [&] { return DecodeGrpcUnloadRequest(AsBytes(request.SerializeAsString())); };
  EXPECT_THAT(decode().status().message(), HasSubstr("RepositoryModelUnloadRequest.model_name: expected"));
  request.set_model_name("m");
  EXPECT_EQ(decode()->model_name, "m");
  EXPECT_FALSE(decode()->request.unload_dependents);
  auto& parameters = *request.mutable_parameters();
  parameters["unload_dependents"].set_bool_param(true);
  EXPECT_TRUE(decode()->request.unload_dependents);
  parameters["unload_dependents"].set_int64_param(1);
  EXPECT_THAT(decode().status().message(),
              HasSubstr("unload_dependents: expected true or false in bool_param, found int64_param"));
  parameters.erase("unload_dependents");
  parameters["config"].set_string_param("{}");
  EXPECT_THAT(decode().status().message(), HasSubstr("config: expected 'unload_dependents'"));
}

}  // namespace
}  // namespace trireme::kserve
