// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"

namespace trireme::onnx {
namespace {

using onnxfile::GraphValue;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

onnxfile::ModelSummary Summary(const std::string& model) {
  return onnxfile::ReadModelSummary(model).value();
}

TEST(ModelFacts, DescribeTheFormat) {
  EXPECT_EQ(FactsOf(Summary(onnxfile::AddModel()), {}, "1.29.0")->format,
            "ONNX, IR version 8, opset 17, made by trireme tests");
  EXPECT_EQ(FactsOf(Summary(onnxfile::TreeModel()), {}, "1.29.0")->format,
            "ONNX, IR version 8, opset 17, ai.onnx.ml 3, made by trireme tests");
  onnxfile::ModelSummary odd;
  odd.ir_version = 9;
  odd.opsets = {{"", 21}};
  odd.producer_name = "py\ntorch";
  odd.producer_version = "2.1\x1b[31m";
  EXPECT_EQ(FactsOf(odd, {}, "1.29.0")->format, "ONNX, IR version 9, opset 21, made by py?torch 2.1?[31m");
  odd.producer_name = std::string(10'000, 'x');
  EXPECT_LT(FactsOf(odd, {}, "1.29.0")->format.size(), 300U);
}

TEST(ModelFacts, CountTheWeights) {
  EXPECT_EQ(FactsOf(Summary(onnxfile::GatherModel()), {}, "1.29.0")->weight_bytes, 8 * sizeof(float));
}

TEST(ModelFacts, NameWhatNoProtocolCanCarry) {
  const auto facts = FactsOf(Summary(onnxfile::SequenceModel()), {}, "1.29.0");
  EXPECT_EQ(facts.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(facts.status().message(), AllOf(HasSubstr("OUTPUT0"), HasSubstr("sequence")));
}

TEST(ModelFacts, LeaveOutOutputsThatTheFileDoesNotDescribe) {
  onnxfile::ModelSummary summary = Summary(onnxfile::AddModel());
  summary.outputs.push_back({.name = "y", .kind = GraphValue::Kind::kTensor, .type = onnxfile::ElementType::kFloat});
  summary.outputs.push_back({.name = "z"});
  const auto facts = FactsOf(summary, {}, "1.29.0");
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->signature.outputs.size(), 1U);
  EXPECT_THAT(facts->notes, ElementsAre(HasSubstr("output 'y'"), HasSubstr("output 'z'")));
}

TEST(ModelFacts, RefuseInputsThatTheFileDoesNotDescribe) {
  onnxfile::ModelSummary summary = Summary(onnxfile::AddModel());
  summary.inputs[0].dims.reset();
  EXPECT_THAT(FactsOf(summary, {}, "1.29.0").status().message(), HasSubstr("how many dimensions 'INPUT0' has"));
}

TEST(ModelFacts, OfferInputsWithADefaultIfTheyAreWanted) {
  const std::vector<std::string> names = {"NONE", "SCALE"};
  onnxfile::ModelSummary summary = Summary(onnxfile::DefaultedInputModel());
  EXPECT_EQ(FactsOf(summary, {}, "1.29.0")->signature.inputs.size(), 1U);
  const auto facts = FactsOf(summary, names, "1.29.0");
  ASSERT_EQ(facts->signature.inputs.size(), 2U);
  EXPECT_FALSE(facts->signature.inputs[0].optional);
  EXPECT_EQ(facts->signature.inputs[1].name, "SCALE");
  EXPECT_TRUE(facts->signature.inputs[1].optional);
  EXPECT_FALSE(facts->signature.batched);
  summary.ir_version = 3;  // when every initialiser was listed as an input
  EXPECT_EQ(FactsOf(summary, names, "1.29.0")->signature.inputs.size(), 1U);
}

TEST(ModelFacts, RefuseVersionsThatTheRuntimeDoesNotKnow) {
  onnxfile::ModelSummary summary;
  summary.ir_version = 40;
  EXPECT_THAT(FactsOf(summary, {}, "1.29.0").status().message(), HasSubstr("IR version 40"));
  summary.ir_version = 8;
  summary.opsets = {{"", 17}, {"ai.onnx.ml", 40}};
  EXPECT_THAT(FactsOf(summary, {}, "1.29.0").status().message(), HasSubstr("ai.onnx.ml opset 40"));
  summary.opsets = {{"my.own", 40}};
  EXPECT_TRUE(FactsOf(summary, {}, "1.29.0").ok());
}

TEST(ModelFacts, DoNotJudgeForARuntimeOfAnotherTime) {
  onnxfile::ModelSummary summary;
  summary.ir_version = 40;
  EXPECT_TRUE(FactsOf(summary, {}, "1.30.1").ok());
  EXPECT_TRUE(FactsOf(summary, {}, "2.0.0").ok());
}

}  // namespace
}  // namespace trireme::onnx
