// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/repository_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

using testing::HasSubstr;

std::string LoadError(std::string_view text) {
  const Status status = DecodeLoadRequest(text).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  return status.message();
}

std::string FileError(std::string_view key) {
  return LoadError(R"({"parameters":{"config":"{}",")" + std::string(key) + R"(":"AAAA"}})");
}

TEST(LoadRequestTest, MayBeEmpty) {
  for (const char* text : {"", "{}", R"({"parameters":{}})", R"({"unknown":[1,{}],"parameters":{}})"}) {
    const auto request = DecodeLoadRequest(text);
    ASSERT_TRUE(request.ok()) << text << request.status();
    EXPECT_TRUE(request->config.empty());
    EXPECT_TRUE(request->files.empty());
  }
}

TEST(LoadRequestTest, ReadsConfigAndFiles) {
  const auto request = DecodeLoadRequest(
      R"({"parameters":{"file:1/model.onnx":"Zm9v","config":"{\"backend\":\"onnxruntime\"}","file:2/a/b.bin":""}})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->config, R"({"backend":"onnxruntime"})");
  EXPECT_THAT(request->files, testing::ElementsAre(std::pair<const std::string, std::string>("1/model.onnx", "foo"),
                                                   std::pair<const std::string, std::string>("2/a/b.bin", "")));
}

TEST(LoadRequestTest, RefusesPathsThatAreNoneOrLeadElsewhere) {
  for (const char* key :
       {"file:model.onnx", "file:", "file:/model.onnx", "file:1/", "file:1//model.onnx", "file:1/../../etc/passwd",
        "file:../1/model.onnx", "file:1/.", "file:01/model.onnx", "file:0/m", "file:-1/m", "file:v1/m", "file:1/a\\\\b",
        "file:1/a\\u0000b", "file:/etc/passwd", "file:1/a/../b", "file:9999999999999999999/m"}) {
    EXPECT_THAT(FileError(key), HasSubstr("expected 'file:<version>/<name>'")) << key;
  }
}

TEST(LoadRequestTest, RefusesFilesThatAreNoBase64) {
  EXPECT_THAT(LoadError(R"({"parameters":{"config":"{}","file:1/m":"?"}})"),
              HasSubstr("parameters.file:1/m: expected Base64"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":"{}","file:1/m":"Zm?v"}})"), HasSubstr("at byte 2"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":"{}","file:1/m":1}})"), HasSubstr("expected a string"));
}

TEST(LoadRequestTest, RefusesFilesWithoutAConfig) {
  EXPECT_THAT(LoadError(R"({"parameters":{"file:1/model.onnx":"Zm9v"}})"), HasSubstr("parameters.config: expected"));
}

TEST(LoadRequestTest, RefusesWhatIsUnknownTwiceThereOrOfTheWrongKind) {
  EXPECT_THAT(LoadError(R"({"parameters":{"unload_dependents":true}})"), HasSubstr("parameters.unload_dependents"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":{}}})"), HasSubstr("parameters.config: expected a string"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":""}})"), HasSubstr("found an empty string"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":"{}","config":"{}"}})"), HasSubstr("found twice"));
  EXPECT_THAT(LoadError(R"({"parameters":{},"parameters":{}})"), HasSubstr("found twice"));
  EXPECT_THAT(LoadError(R"({"parameters":{"config":"{}","file:1/m":"","file:1/m":""}})"), HasSubstr("found twice"));
  EXPECT_THAT(LoadError(R"({"parameters":[]})"), HasSubstr("parameters: expected"));
  EXPECT_THAT(LoadError("[]"), HasSubstr("expected"));
  EXPECT_THAT(LoadError("{} x"), HasSubstr("expected"));
}

TEST(UnloadRequestTest, KnowsOneParameter) {
  EXPECT_FALSE(DecodeUnloadRequest("")->unload_dependents);
  EXPECT_FALSE(DecodeUnloadRequest("{}")->unload_dependents);
  EXPECT_TRUE(DecodeUnloadRequest(R"({"parameters":{"unload_dependents":true}})")->unload_dependents);
  EXPECT_THAT(DecodeUnloadRequest(R"({"parameters":{"unload_dependents":1}})").status().message(),
              HasSubstr("parameters.unload_dependents: expected"));
  EXPECT_THAT(DecodeUnloadRequest(R"({"parameters":{"config":"{}"}})").status().message(),
              HasSubstr("parameters.config: expected 'unload_dependents'"));
}

}  // namespace
}  // namespace trireme::kserve
