// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/asked_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme::tfserving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file with a signature that takes tf.Examples beside a number of its own, and another one.
FileSignatures File() {
  return {.served = "parse",
          .example_features = {{.key = "age", .input = "age", .type = DataType::kInt64, .shape = {}}},
          .all = {{.name = "other", .method = {}},
                  {.name = "parse", .method = {}, .inputs = {{.key = "examples"}, {.key = "limit"}}, .outputs = {}}}};
}

Signature Parsed() {
  return {.inputs = {{.name = "limit", .type = DataType::kFp32, .shape = {1}},
                     {.name = "age", .type = DataType::kInt64, .shape = {-1}}},
          .outputs = {}};
}

TEST(AskedModel, IsNamedAsItsFileHasIt) {
  const FileSignatures file = File();
  constexpr AskedBy kRest = AskedBy::kPredictOverRest;
  EXPECT_EQ(*FindSignatureName(&file, "", kRest), "");
  EXPECT_EQ(*FindSignatureName(&file, "parse", kRest), "");
  EXPECT_EQ(*FindSignatureName(&file, "other", kRest), "other");
  EXPECT_EQ(FindSignatureName(&file, "serving_default", kRest).status().message(),
            "Serving signature name: \"serving_default\" not found in signature def");
  EXPECT_EQ(FindSignatureName(&file, "none", AskedBy::kPredictOverGrpc).status().message(),
            "Serving signature key \"none\" not found.");
  EXPECT_EQ(FindSignatureName(&file, "none", AskedBy::kExamples).status().message(),
            "No signature was found with the name: none");
  EXPECT_EQ(*FindSignatureName(nullptr, "serving_default", kRest), "");
  EXPECT_FALSE(FindSignatureName(nullptr, "parse", kRest).ok());
}

TEST(AskedModel, LacksADefaultWhereSeveralSignaturesHaveOtherNames) {
  FileSignatures file = File();
  EXPECT_TRUE(LacksDefault(&file));
  file.all[0].name = "serving_default";
  EXPECT_FALSE(LacksDefault(&file));
  file.all.erase(file.all.begin());
  EXPECT_FALSE(LacksDefault(&file));
  EXPECT_FALSE(LacksDefault(nullptr));
}

TEST(AskedModel, AnswersTheQuestionThatItsSignatureIsFor) {
  FileSignatures file = File();
  const Signature parsed = Parsed();
  const AskedModel model{.signature = parsed, .file = &file};
  for (const char* method : {"", "tensorflow/serving/predict", "tensorflow/serving/regress"}) {
    file.all[1].method = method;
    EXPECT_TRUE(CheckMethod(model, ResultKind::kRegress).ok()) << method;
  }
  EXPECT_EQ(CheckMethod(model, ResultKind::kClassify).message(),
            "Expected classification signature method_name to be tensorflow/serving/classify. Was: "
            "tensorflow/serving/regress");
  EXPECT_TRUE(CheckMethod({.signature = parsed}, ResultKind::kClassify).ok());
}

TEST(AskedModel, IsSentExamplesInThePlaceOfFeatures) {
  const FileSignatures file = File();
  const Signature parsed = Parsed();
  const AskedModel model{.signature = parsed, .file = &file};
  const Result<Signature> sent = SignatureOfPredict(model);
  ASSERT_TRUE(sent.ok()) << sent.status();
  ASSERT_EQ(sent->inputs.size(), 2U);
  EXPECT_EQ(sent->inputs[0].name, "limit");
  EXPECT_EQ(sent->inputs[1].name, "examples");
  EXPECT_EQ(sent->inputs[1].type, DataType::kBytes);

  MemoryPool pool;
  std::vector<std::byte> strings;
  AppendBytesElement(strings,
                     "\x0a\x0e\x0a\x0c\x0a\x03"
                     "age\x12\x05\x1a\x03\x0a\x01\x2a");
  std::vector<NamedTensor> inputs;
  inputs.push_back({"examples", {.type = DataType::kBytes, .shape = {1}, .data = Buffer::CopyOf(strings)}});
  const Status status = ParseExamples(model, inputs, 1000, pool);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(inputs[0].name, "age");
  EXPECT_THAT(inputs[0].tensor.As<int64_t>(), ElementsAre(42));
}

TEST(AskedModel, RefusesExamplesOfWhichOneCannotTellWhoseAFeatureIs) {
  FileSignatures file = File();
  file.all[1].inputs.push_back({.key = "more"});
  const Signature parsed = Parsed();
  EXPECT_THAT(SignatureOfPredict({.signature = parsed, .file = &file}).status().message(),
              HasSubstr("expected one input of serialized tf.Examples, found 2"));
}

TEST(AskedModel, TakesRowsOfOneNumberAsTheNumbers) {
  const Signature signature{.inputs = {{.name = "x", .shape = {-1, 1}}, {.name = "ids", .shape = {-1, 2}}},
                            .outputs = {}};
  std::vector<NamedTensor> inputs(1);
  inputs[0].name = "x";
  inputs[0].tensor.shape = {3};
  EXPECT_TRUE(WidenRows(signature, inputs));
  EXPECT_EQ(inputs[0].tensor.shape, Shape({3, 1}));
  EXPECT_FALSE(WidenRows(signature, inputs));
  inputs[0].name = "ids";
  inputs[0].tensor.shape = {3};
  EXPECT_FALSE(WidenRows(signature, inputs));
  std::vector<NamedTensor> outputs(3);
  outputs[0].tensor.shape = {3, 1};
  outputs[1].tensor.shape = {3, 2};
  outputs[2].tensor.shape = {1};
  NarrowRows(outputs);
  EXPECT_EQ(outputs[0].tensor.shape, Shape({3}));
  EXPECT_EQ(outputs[1].tensor.shape, Shape({3, 2}));
  EXPECT_EQ(outputs[2].tensor.shape, Shape({1}));
}

}  // namespace
}  // namespace trireme::tfserving
