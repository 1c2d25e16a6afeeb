// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/described_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/tensorflow_serving.pb.h"
#include "wire/tfserving/descriptions.h"

namespace trireme::tfserving {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<NamedSignature> Signatures(std::string name) {
  NamedSignature signature{.name = std::move(name), .method = "tensorflow/serving/predict"};
  signature.inputs = {{.key = "y", .tensor = "y:0", .type_number = 7, .dims = std::vector<int64_t>{-1}},
                      {.key = "x", .tensor = "x:0", .type_number = 1, .dims = std::vector<int64_t>{-1, 3}}};
  return {std::move(signature)};
}

Result<std::vector<TensorSpec>> Proto(const std::string& bytes) {
  return InputsOfMetadataProto(std::as_bytes(std::span(bytes)));
}

TEST(DescribedInputs, AreThoseThatThisServerDescribes) {
  const ModelId model{.name = "m", .version = 3};
  for (const char* name : {"serving_default", "another, which is the only one"}) {
    const auto signatures = Signatures(name);
    for (const auto& inputs :
         {InputsOfMetadataJson(EncodeMetadataJson(model, signatures)), Proto(EncodeMetadataProto(model, signatures))}) {
      ASSERT_TRUE(inputs.ok()) << inputs.status();
      ASSERT_THAT(*inputs, SizeIs(2));
      EXPECT_EQ((*inputs)[0].name, "x");
      EXPECT_EQ((*inputs)[0].type, DataType::kFp32);
      EXPECT_EQ((*inputs)[0].shape, Shape({-1, 3}));
      EXPECT_EQ((*inputs)[1].type, DataType::kBytes);
    }
  }
}

TEST(DescribedInputs, AreReadAsTensorFlowsServerWritesThem) {
  const auto inputs = InputsOfMetadataJson(R"({"model_spec":{"name":"m","signature_name":"","version":"1"},
    "metadata":{"signature_def":{"signature_def":{
      "serving_default":{"inputs":{"x":{"dtype":"DT_DOUBLE","tensor_shape":{"dim":[{"size":"2","name":""}],
        "unknown_rank":false},"name":"x:0"}},"outputs":{},"method_name":"","defaults":{},"a_later_field":[1]},
      "__saved_model_init_op":{"inputs":{},"outputs":{},"method_name":""}}}}})");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_THAT(*inputs, SizeIs(1));
  EXPECT_EQ((*inputs)[0].type, DataType::kFp64);
  EXPECT_EQ((*inputs)[0].shape, Shape({2}));
}

TEST(DescribedInputs, AreRefusedWhereNothingCouldBeSent) {
  for (const char* text : {"", "[]", "{}", R"({"metadata":7})", R"({"metadata":{"signature_def":"x"}})",
                           R"({"metadata":{"signature_def":{"signature_def":[1]}}})"}) {
    EXPECT_THAT(InputsOfMetadataJson(text).status().message(), HasSubstr("expected the metadata of a model")) << text;
  }
  EXPECT_FALSE(Proto("\xff").ok());
  EXPECT_FALSE(Proto("").ok());
  const ModelId model{.name = "m", .version = 1};
  auto signatures = Signatures("a");
  signatures.push_back(Signatures("b")[0]);
  EXPECT_THAT(Proto(EncodeMetadataProto(model, signatures)).status().message(),
              HasSubstr("expected the signature serving_default"));
  signatures = Signatures("a");
  signatures[0].inputs[1].dims.reset();
  EXPECT_THAT(Proto(EncodeMetadataProto(model, signatures)).status().message(),
              HasSubstr("input 'x': expected a type"));
  signatures[0].inputs[1].dims.emplace(40, 1);
  EXPECT_THAT(Proto(EncodeMetadataProto(model, signatures)).status().message(), HasSubstr("dimensions, found more"));
  signatures[0].inputs[1].type_number = 20;
  EXPECT_FALSE(Proto(EncodeMetadataProto(model, signatures)).ok());
}

TEST(DescribedInputs, AreAskedForAsTensorFlowsClientsDo) {
  const auto decode = [](const std::string& bytes) { return DecodeMetadataRequest(std::as_bytes(std::span(bytes))); };
  const auto request = decode(EncodeMetadataRequest("m", "3"));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->name, "m");
  EXPECT_EQ(request->version, VersionChoice(3));
  EXPECT_TRUE(decode(EncodeMetadataRequest("m", ""))->version.any());
}

}  // namespace
}  // namespace trireme::tfserving
