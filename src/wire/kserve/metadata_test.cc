// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelMetadata Example() {
  ModelMetadata metadata{.name = "m", .versions = {"1", "2"}, .platform = "onnxruntime_onnx", .signature = {}};
  metadata.signature.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {Shape::kAny, 3}}};
  metadata.signature.outputs = {{.name = "y", .type = DataType::kBytes, .shape = {}}};
  return metadata;
}

TEST(MetadataTest, WritesTheServersMetadata) {
  EXPECT_EQ(
      EncodeServerMetadata({.name = "trireme", .version = "0.1.0", .extensions = {"binary_tensor_data", "sequence"}}),
      R"({"name":"trireme","version":"0.1.0","extensions":["binary_tensor_data","sequence"]})");
  EXPECT_EQ(EncodeServerMetadata({}), R"({"name":"","version":"","extensions":[]})");
}

TEST(MetadataTest, WritesAModelsMetadata) {
  EXPECT_EQ(EncodeModelMetadata(Example()), R"({"name":"m","versions":["1","2"],"platform":"onnxruntime_onnx",)"
                                            R"("inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],)"
                                            R"("outputs":[{"name":"y","datatype":"BYTES","shape":[]}]})");
  EXPECT_EQ(EncodeModelMetadata({}), R"({"name":"","versions":[],"platform":"","inputs":[],"outputs":[]})");
}

TEST(MetadataTest, SaysWhatTheElementsOfARowAreCalled) {
  ModelMetadata metadata = Example();
  metadata.signature.inputs[0].element_names = {"mass", "energy", "\""};
  EXPECT_THAT(EncodeModelMetadata(metadata), HasSubstr(R"("shape":[-1,3],"labels":["mass","energy","\""]}])"));
  EXPECT_TRUE(DecodeModelMetadata(EncodeModelMetadata(metadata)).ok());
}

TEST(MetadataTest, AClientReadsAModelsMetadata) {
  const auto metadata = DecodeModelMetadata(EncodeModelMetadata(Example()));
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(EncodeModelMetadata(metadata.value()), EncodeModelMetadata(Example()));
  EXPECT_THAT(metadata.value().versions, ElementsAre("1", "2"));
}

TEST(MetadataTest, AClientRefusesWhatIsNoMetadata) {
  for (const auto& [json, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "expected an object"},
           {"{}", "name: expected a string, found nothing"},
           {R"({"name":"m","versions":[1]})", "versions[0]: expected a string, found number 1"},
           {R"({"name":"m","platform":null})", "platform: expected a string, found null"},
           {R"({"name":"m","inputs":[{"name":"x"}]})", "inputs[0]: expected name, datatype and shape, found less"},
           {R"({"name":"m","inputs":[{"name":"x","shape":[-2]}]})",
            "inputs[0].shape[0]: expected a size of at least -1"},
           {R"({"name":"m","outputs":[{"name":"x","datatype":"STRING"}]})", "outputs[0].datatype: expected BOOL"},
           {R"({"name":"m"}})", "expected the end of the document"},
       }) {
    EXPECT_THAT(DecodeModelMetadata(json).status().message(), HasSubstr(message)) << json;
  }
}

TEST(MetadataTest, WritesErrorsThatAreAlwaysJson) {
  EXPECT_EQ(EncodeError("expected '\"' at \n"), R"({"error":"expected '\"' at \n"})");
  EXPECT_EQ(EncodeError("\xFF"), "{\"error\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(DecodeError(EncodeError("why")), "why");
  for (const std::string_view text : {"", "{}", "[]", "{\"error\":1}", "<html>", "{\"error\":\"x\""}) {
    EXPECT_EQ(DecodeError(text), std::nullopt) << text;
  }
}

TEST(MetadataTest, WritesTheIndexWithoutEmptyFields) {
  EXPECT_EQ(EncodeRepositoryIndex({}), "[]");
  EXPECT_EQ(EncodeRepositoryIndex({{.name = "a", .version = "1", .state = "READY", .reason = ""},
                                   {.name = "b", .version = "2", .state = "UNAVAILABLE", .reason = "unloaded"},
                                   {.name = "c", .version = "", .state = "", .reason = ""}}),
            R"([{"name":"a","version":"1","state":"READY"},)"
            R"({"name":"b","version":"2","state":"UNAVAILABLE","reason":"unloaded"},{"name":"c"}])");
}

TEST(MetadataTest, WritesWhereTheIndexsVersionsCameFrom) {
  EXPECT_EQ(EncodeRepositoryIndex({{.name = "a",
                                    .version = "1",
                                    .state = "READY",
                                    .reason = "",
                                    .since = "2026-01-31T12:01:03.250Z",
                                    .labels = {"canary", "stable"},
                                    .pinned = true,
                                    .memory_bytes = 4096,
                                    .origin = IndexEntry::Origin{.source = "/m/a/1",
                                                                 .digest = "sha256:00",
                                                                 .loaded_at = "2026-01-31T12:01:03.250Z",
                                                                 .load_seconds = 0.5}}}),
            R"([{"name":"a","version":"1","state":"READY","since":"2026-01-31T12:01:03.250Z",)"
            R"("labels":["canary","stable"],"pinned":true,"memory_bytes":4096,"source":"/m/a/1",)"
            R"("digest":"sha256:00","loaded_at":"2026-01-31T12:01:03.250Z","load_seconds":0.5}])");
}

TEST(MetadataTest, ReadsWhatTheIndexIsAskedFor) {
  for (const std::string_view all : {"", "{}", R"({"ready":false})", R"({"other":[1]})"}) {
    ASSERT_TRUE(DecodeIndexRequest(all).ok()) << all;
    EXPECT_FALSE(DecodeIndexRequest(all).value().ready_only);
  }
  EXPECT_TRUE(DecodeIndexRequest(R"({"ready":true})").value().ready_only);
  EXPECT_EQ(DecodeIndexRequest(R"({"ready":"yes"})").status().message(),
            "ready: expected true or false, found string \"yes\" at byte 9");
  for (const std::string_view bad : {"[]", "{\"ready\":true,\"ready\":true}", "{} x", "null", "{\"a\":}"}) {
    EXPECT_EQ(DecodeIndexRequest(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace trireme::kserve
