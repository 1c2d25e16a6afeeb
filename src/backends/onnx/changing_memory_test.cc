// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/changing_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backends/onnx/model_facts.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"

namespace trireme::onnx {
namespace {

using onnxfile::ElementType;
using onnxfile::Graph;
using onnxfile::Node;
using testing::ElementsAre;
using testing::IsEmpty;

// The inputs and outputs that may change.
std::vector<std::string> Changing(const std::string& model, const std::vector<std::string>& optional_inputs = {}) {
  const auto facts = FactsOf(onnxfile::ReadModelSummary(model).value(), optional_inputs, "1.29.0");
  EXPECT_TRUE(facts.ok()) << facts.status();
  std::vector<std::string> names;
  for (const auto* side : {&facts->signature.inputs, &facts->signature.outputs}) {
    for (const TensorSpec& spec : *side) {
      if (spec.may_change) names.push_back(spec.name);
    }
  }
  return names;
}

// Of a graph of these nodes with FP32 inputs "x" and "z", initialisers "w" and "k", and output "y".
std::vector<std::string> Changing(std::vector<Node> nodes) {
  const auto floats = [](std::string name) { return onnxfile::ValueInfo{std::move(name), ElementType::kFloat, {"n"}}; };
  onnxfile::Model model;
  model.graph = {.name = "g",
                 .nodes = std::move(nodes),
                 .inputs = {floats("x"), floats("z")},
                 .outputs = {floats("y")},
                 .initializers = {onnxfile::Constant<float>("w", ElementType::kFloat, {1}, {1}),
                                  onnxfile::Constant<int64_t>("k", ElementType::kInt64, {1}, {1})}};
  return Changing(Serialize(model));
}

const Node kTopK = {"TopK", {"a", "k"}, {"values", "indexes"}};

TEST(ChangingMemory, IsForWhatOnlyShapesDecide) {
  EXPECT_THAT(Changing({{"Add", {"x", "w"}, {"y"}}}), ElementsAre("x", "z", "y"));
  EXPECT_THAT(Changing({{"MatMul", {"x", "w"}, {"a"}}, {"Softmax", {"a"}, {"y"}}}), ElementsAre("x", "z", "y"));
  EXPECT_THAT(Changing(onnxfile::SquareMatmulModel()), ElementsAre("INPUT0", "OUTPUT0"));
  EXPECT_THAT(Changing(onnxfile::AddModel()), ElementsAre("INPUT0", "OUTPUT0"));
  EXPECT_THAT(Changing(onnxfile::ReshapeModel()), ElementsAre("INPUT0", "OUTPUT0"));
  EXPECT_THAT(Changing(onnxfile::CentreModel()), ElementsAre("INPUT0", "OUTPUT0"));
  EXPECT_THAT(Changing(onnxfile::IdentityModel(DataType::kUint8)), ElementsAre("INPUT0", "OUTPUT0"));
}

TEST(ChangingMemory, IsNotForWhatIsNotKnown) {
  EXPECT_THAT(Changing(onnxfile::TopKModel()), IsEmpty());
  EXPECT_THAT(Changing(onnxfile::TreeModel()), IsEmpty());
  EXPECT_THAT(Changing({{"Relu", {"x"}, {"y"}, {}, "com.example"}}), ElementsAre("z"));
  EXPECT_THAT(Changing({{"Relu", {"x"}, {"y"}, {}, "ai.onnx"}}), ElementsAre("x", "z", "y"));
}

TEST(ChangingMemory, IsNotForTypesThatAreIndexesOrFlags) {
  for (const DataType type : {DataType::kBytes, DataType::kBool, DataType::kInt32, DataType::kInt64}) {
    EXPECT_THAT(Changing(onnxfile::IdentityModel(type)), IsEmpty()) << Name(type);
  }
  EXPECT_THAT(Changing(onnxfile::GatherModel()), ElementsAre("OUTPUT0"));
}

TEST(ChangingMemory, IsNotForInputsThatSayWhereToLook) {
  EXPECT_THAT(Changing({{"Clip", {"x", "z"}, {"y"}}}), ElementsAre("x", "y"));
  EXPECT_THAT(Changing({{"Clip", {"x", "", "z"}, {"y"}}}), ElementsAre("x", "y"));
  EXPECT_THAT(Changing({{"Div", {"z", "x"}, {"y"}}}), ElementsAre("z", "y"));
  EXPECT_THAT(Changing({{"Relu", {"x"}, {"y"}}, {"Reshape", {"w", "x"}, {"a"}}}), ElementsAre("z"));
}

TEST(ChangingMemory, IsNotForWhatOneOfSeveralReadersMustNotSeeChange) {
  EXPECT_THAT(Changing({{"MatMul", {"x", "z"}, {"y"}}, {"TopK", {"x", "k"}, {"b", "c"}}}), ElementsAre("z", "y"));
  EXPECT_THAT(Changing({{"MatMul", {"x", "z"}, {"y"}}, {"TopK", {"y", "k"}, {"b", "c"}}}), ElementsAre("x", "z"));
}

// What does nothing is left out when the model is optimised, and what moves nothing has its output in its input's
// memory.
TEST(ChangingMemory, LooksBehindNodesThatPassItOn) {
  for (const char* type : {"Identity", "Reshape", "Flatten", "Squeeze", "Dropout", "Cast", "Transpose", "Add", "Mul"}) {
    const Node pass{type, {"x", "w"}, {"a"}};
    EXPECT_THAT(Changing({pass, kTopK, {"MatMul", {"z", "w"}, {"y"}}}), ElementsAre("z", "y")) << type;
    const Node on{type, {"values"}, {"y"}};
    EXPECT_THAT(Changing({{"MatMul", {"x", "w"}, {"a"}}, kTopK, on}), ElementsAre("x", "z")) << type;
  }
  EXPECT_THAT(Changing({{"MatMul", {"x", "w"}, {"a"}}, kTopK, {"Softmax", {"values"}, {"y"}}}),
              ElementsAre("x", "z", "y"));
  EXPECT_THAT(Changing({{"Relu", {"x"}, {"y"}}, {"Identity", {"y"}, {"a"}}, kTopK}), ElementsAre("z"));
}

// The runtime makes one of two nodes that do the same, and then they have one output.
TEST(ChangingMemory, SeesThatNodesDoTheSame) {
  const auto changing = [](const std::string& from, const std::string& weights) {
    return Changing(
        {{"Identity", {from}, {"b"}}, {"MatMul", {"x", "w"}, {"y"}}, {"MatMul", {"b", weights}, {"a"}}, kTopK});
  };
  EXPECT_THAT(changing("x", "w"), ElementsAre("x", "z"));
  EXPECT_THAT(changing("x", "v"), ElementsAre("x", "z", "y"));
  EXPECT_THAT(changing("z", "w"), ElementsAre("x", "z", "y"));
}

TEST(ChangingMemory, DoesNotFollowConstants) {
  const Node constant{"Constant", {}, {"c"}, {{"value_float", 1.0F}}};
  EXPECT_THAT(Changing({constant, {"Add", {"x", "c"}, {"y"}}, {"TopK", {"c", "k"}, {"b", "d"}}}),
              ElementsAre("x", "z", "y"));
  EXPECT_THAT(Changing({{"Add", {"x", "w"}, {"y"}}, {"TopK", {"w", "k"}, {"b", "d"}}}), ElementsAre("x", "z", "y"));
  EXPECT_THAT(Changing(onnxfile::DefaultedInputModel(), {"SCALE"}), ElementsAre("INPUT0", "SCALE", "OUTPUT0"));
}

TEST(ChangingMemory, IsNotForInputsThatAreOutputs) {
  onnxfile::Model model;
  const onnxfile::ValueInfo x{"x", ElementType::kFloat, {"n"}};
  model.graph = {.name = "g", .nodes = {}, .inputs = {x}, .outputs = {x}};
  EXPECT_THAT(Changing(Serialize(model)), IsEmpty());
}

// A graph inside of a node reads what it likes.
TEST(ChangingMemory, IsNotForModelsWithGraphsInside) {
  Graph inside{.name = "inside", .nodes = {}, .inputs = {}, .outputs = {}};
  const Node node{"If", {"flag"}, {"a"}, {{"then_branch", std::vector<Graph>{inside}}}};
  EXPECT_THAT(Changing({{"Relu", {"x"}, {"y"}}, node}), IsEmpty());
}

TEST(ChangingMemory, GoesAlongLongChains) {
  constexpr int kLength = 100'000;
  std::vector<Node> nodes = {{"Relu", {"x"}, {"v0"}}};
  for (int i = 0; i < kLength; ++i) {
    nodes.push_back({"Relu", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)}});
  }
  nodes.push_back({"MatMul", {"z", "w"}, {"y"}});
  EXPECT_THAT(Changing(nodes), ElementsAre("x", "z", "y"));
  std::ranges::reverse(nodes);
  nodes.push_back({"TopK", {"v" + std::to_string(kLength), "k"}, {"b", "c"}});
  EXPECT_THAT(Changing(nodes), ElementsAre("z", "y"));
}

}  // namespace
}  // namespace trireme::onnx
