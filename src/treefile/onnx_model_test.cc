// SPDX-License-Identifier: Apache-2.0
#include "treefile/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "onnxfile/onnx_writer.h"
#include "treefile/evaluate.h"

namespace trireme::treefile {
namespace {

using onnxfile::ElementType;
using testing::HasSubstr;

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

// x0 <= 0.5 ? 1 : (x1 > 2 ? 2 : 4), and 0.25 for all; NaN is true at the root and false below.
onnxfile::Model Regressor() {
  onnxfile::Node node = {"TreeEnsembleRegressor", {"X"}, {"Y"}, {}, "ai.onnx.ml"};
  node.attributes = {{"nodes_treeids", Ints{0, 0, 0, 0, 0}},
                     {"nodes_nodeids", Ints{0, 1, 2, 3, 4}},
                     {"nodes_featureids", Ints{0, 0, 1, 0, 0}},
                     {"nodes_values", Floats{0.5F, 0, 2, 0, 0}},
                     {"nodes_modes", Texts{"BRANCH_LEQ", "LEAF", "BRANCH_GT", "LEAF", "LEAF"}},
                     {"nodes_truenodeids", Ints{1, 0, 3, 0, 0}},
                     {"nodes_falsenodeids", Ints{2, 0, 4, 0, 0}},
                     {"nodes_missing_value_tracks_true", Ints{1, 0, 0, 0, 0}},
                     {"target_treeids", Ints{0, 0, 0}},
                     {"target_nodeids", Ints{1, 3, 4}},
                     {"target_ids", Ints{0, 0, 0}},
                     {"target_weights", Floats{1, 2, 4}},
                     {"base_values", Floats{0.25F}},
                     {"n_targets", int64_t{1}}};
  return {.ir_version = 8,
          .producer_name = "skl2onnx",
          .producer_version = "1.17",
          .opsets = {{"", 17}, {"ai.onnx.ml", 3}},
          .graph = {.name = "g",
                    .nodes = {node},
                    .inputs = {{"X", ElementType::kFloat, {"n", 3}}},
                    .outputs = {{"Y", ElementType::kFloat, {"n", 1}}}}};
}

// The same trees as scores of two classes, with what converters from scikit-learn put behind them.
onnxfile::Model Classifier() {
  onnxfile::Model model = Regressor();
  onnxfile::Node& node = model.graph.nodes[0];
  node.op_type = "TreeEnsembleClassifier";
  node.outputs = {"l", "s"};
  node.attributes.pop_back();
  for (onnxfile::Attribute& attribute : node.attributes) {
    if (attribute.name.starts_with("target")) attribute.name.replace(0, 6, "class");
    if (attribute.name == "class_weights") attribute.value = Floats{1, -2, 4};
  }
  node.attributes.push_back({"classlabels_int64s", Ints{3, 5}});
  node.attributes.push_back({"post_transform", std::string("LOGISTIC")});
  model.graph.nodes.push_back({"Cast", {"l"}, {"label"}, {{"to", int64_t{7}}}});
  model.graph.nodes.push_back({"ZipMap", {"s"}, {"maps"}, {{"classlabels_int64s", Ints{3, 5}}}, "ai.onnx.ml"});
  model.graph.outputs = {{"label", ElementType::kInt64, {"n"}},
                         {.name = "maps", .type = ElementType::kFloat, .dims = {}, .is_sequence = true}};
  return model;
}

using Value = decltype(onnxfile::Attribute::value);

onnxfile::Model With(onnxfile::Model model, std::string_view name, Value value) {
  auto& attributes = model.graph.nodes[0].attributes;
  for (onnxfile::Attribute& attribute : attributes) {
    if (attribute.name != name) continue;
    attribute.value = std::move(value);
    return model;
  }
  attributes.push_back({std::string(name), std::move(value)});
  return model;
}

Forest Read(const onnxfile::Model& model) {
  Result<Forest> forest = ReadOnnxTrees(Serialize(model));
  EXPECT_TRUE(forest.ok()) << forest.status();
  return forest.ok() ? std::move(forest).value() : Forest{.width = 3, .trees = {}};
}

double Ask(const Forest& forest, float a, float b) {
  return Evaluate(forest, std::vector<float>{a, b, 0}).margins.at(0);
}

void ExpectProblem(const onnxfile::Model& model, StatusCode code, std::string_view words) {
  const Status status = ReadOnnxTrees(Serialize(model)).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(status.message(), HasSubstr(words));
}

TEST(OnnxModelTest, ComparesAsTheModesSay) {
  const Forest forest = Read(Regressor());
  EXPECT_EQ(Ask(forest, 0.5F, 0), 1.25);
  EXPECT_EQ(Ask(forest, std::nextafter(0.5F, 1.0F), 2), 4.25);
  EXPECT_EQ(Ask(forest, 1, std::nextafter(2.0F, 3.0F)), 2.25);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Ask(forest, nan, 0), 1.25);
  EXPECT_EQ(Ask(forest, 1, nan), 4.25);
}

TEST(OnnxModelTest, SaysWhatTheModelSays) {
  const Forest forest = Read(Regressor());
  EXPECT_EQ(forest.format, "ONNX, TreeEnsembleRegressor, made by skl2onnx 1.17");
  EXPECT_EQ(forest.width, 3U);
  EXPECT_EQ(forest.input_name, "X");
  EXPECT_EQ(forest.scores_name, "Y");
  EXPECT_FALSE(forest.scores_flat);
}

TEST(OnnxModelTest, LooksThroughWhatConvertersPutBehindTheTrees) {
  const Forest forest = Read(Classifier());
  EXPECT_EQ(forest.label_name, "label");
  EXPECT_EQ(forest.scores_name, "maps");
  EXPECT_THAT(forest.notes, testing::ElementsAre(HasSubstr("ZipMap")));
  EXPECT_EQ(std::get<Ints>(forest.labels), (Ints{3, 5}));
  const Evaluation result = Evaluate(forest, std::vector<float>{1, 3, 0});  // -2 + 0.25
  EXPECT_EQ(result.label, 0U);
  EXPECT_FLOAT_EQ(result.scores[1], 0.14804719F);
  EXPECT_FLOAT_EQ(result.scores[0], 0.85195281F);
}

TEST(OnnxModelTest, TakesNodesInAnyOrder) {
  onnxfile::Model model = With(Regressor(), "nodes_nodeids", Ints{10, 40, 20, 7, 8});
  model = With(model, "nodes_truenodeids", Ints{40, 0, 7, 0, 0});
  model = With(model, "nodes_falsenodeids", Ints{20, 0, 8, 0, 0});
  model = With(model, "target_nodeids", Ints{8, 40, 7});
  model = With(model, "target_weights", Floats{4, 1, 2});
  const Forest forest = Read(model);
  EXPECT_EQ(Ask(forest, 0, 0), 1.25);
  EXPECT_EQ(Ask(forest, 1, 3), 2.25);
  EXPECT_EQ(Evaluate(forest, std::vector<float>{1, 3, 0}).leaf_ids[0], 7U);
}

TEST(OnnxModelTest, KnowsMissingValuesWhereANodeSaysWhereTheyGo) {
  onnxfile::Model model = Regressor();
  EXPECT_TRUE(Read(model).knows_missing);
  for (onnxfile::Attribute& attribute : model.graph.nodes[0].attributes) {
    if (attribute.name == "nodes_missing_value_tracks_true") attribute.value = Ints{0, 0, 0, 0, 0};
  }
  EXPECT_FALSE(Read(model).knows_missing);
}

TEST(OnnxModelTest, LeavesOtherGraphsToOnnxRuntime) {
  const auto expect = [](const std::function<void(onnxfile::Model&)>& change, std::string_view words) {
    onnxfile::Model model = Regressor();
    change(model);
    ExpectProblem(model, StatusCode::kUnsupported, words);
  };
  expect([](auto& m) { m.graph.nodes.push_back({"Relu", {"Y"}, {"Z"}}); }, "an operator 'Relu'");
  expect([](auto& m) { m.graph.nodes.push_back(m.graph.nodes[0]); }, "more than one operator with trees");
  expect([](auto& m) { m.graph.nodes = {{"Identity", {"X"}, {"Y"}}}; }, "no operator with trees");
  expect([](auto& m) { m.graph.inputs.push_back({"W", ElementType::kFloat, {"n", 3}}); }, "not one input");
  expect([](auto& m) { m.graph.inputs[0].type = ElementType::kDouble; }, "the input 'X' is no tensor of floats");
  expect([](auto& m) { m.graph.inputs[0].dims = {3}; }, "the input 'X' is no matrix");
  expect(
      [](auto& m) {
        m.graph.inputs[0].dims = {"n", "features"};
      },
      "the input 'X' does not say how wide its rows are");
  expect([](auto& m) { m.graph.outputs[0].name = "Z"; }, "outputs are not those of its trees");
  expect([](auto& m) { m.graph.outputs.push_back(m.graph.outputs[0]); }, "the same output twice");
  expect(
      [](auto& m) {
        m.graph.nodes.push_back({"Identity", {"Z"}, {"Z"}});
        m.graph.outputs[0].name = "Z";
      },
      "outputs are not those of its trees");
  expect(
      [](auto& m) {
        m = With(m, "nodes_modes", Texts{"BRANCH_EQ", "LEAF", "BRANCH_GT", "LEAF", "LEAF"});
      },
      "tree 0: node 0: compares by 'BRANCH_EQ'");
  expect([](auto& m) { m = With(m, "post_transform", std::string("LOGISTIC")); }, "post_transform of one target");
  expect([](auto& m) { m = With(m, "nodes_values_as_tensor", int64_t{0}); }, "double precision");
  expect([](auto& m) { m = With(m, "nodes_treeids", Ints{0, 0, 1, 0, 0}); }, "nodes of tree 0 do not lie together");
  expect([](auto& m) { m = With(m, "target_nodeids", Ints{1, 3, 3}); }, "two weights for one output");
}

TEST(OnnxModelTest, RefusesTreesThatAreDamaged) {
  const auto expect = [](std::string_view name, Value value, std::string_view words) {
    SCOPED_TRACE(words);
    ExpectProblem(With(Regressor(), name, std::move(value)), StatusCode::kInvalidArgument, words);
  };
  expect("nodes_truenodeids", Ints{0, 0, 3, 0, 0}, "tree 0: node 0: expected one way to it, found two");
  expect("nodes_truenodeids", Ints{2, 0, 3, 0, 0}, "tree 0: node 2: expected one way to it, found two");
  expect("nodes_truenodeids", Ints{9, 0, 3, 0, 0}, "tree 0: node 0: expected children below 5");
  expect("nodes_truenodeids", Ints{1, 0},
         "nodes_truenodeids: expected 5 elements, as many as nodes_treeids has, found 2");
  expect("nodes_nodeids", Ints{0, 1, 2, 3, 3}, "tree 0: node 3 is there twice");
  expect("nodes_nodeids", Ints{0, 1, 2, 3, -4}, "nodes_nodeids: expected numbers from 0 to 4294967295, found -4");
  expect("nodes_featureids", Ints{0, 0, 3, 0, 0}, "node 2: expected a feature below 3");
  expect("nodes_featureids", Ints{0, 0, -1, 0, 0}, "node 2: nodes_featureids: expected a feature from 0");
  expect("nodes_values", Floats{NAN, 0, 2, 0, 0}, "node 0: expected a number as threshold, found NaN");
  expect("nodes_modes", Texts{"LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"}, "its root leads to 5 nodes, found 1");
  expect("target_nodeids", Ints{1, 3, 2}, "tree 0: node 2: is given a weight, and is no leaf");
  expect("target_nodeids", Ints{1, 3, 9}, "tree 0: node 9 is given a weight, and is not there");
  expect("target_treeids", Ints{0, 0, 7}, "tree 7: node 4 is given a weight, and is not there");
  expect("target_ids", Ints{0, 0, 1}, "target_ids: expected a number from 0 to 0, found 1");
  expect("target_weights", Floats{1, 2, INFINITY}, "node 4: expected a finite leaf value");
  expect("target_weights", Floats{1, 2}, "target_weights: expected 3 elements");
  expect("base_values", Floats{1, 2}, "base_values: expected 0 or 1 numbers, found 2");
  expect("base_values", Floats{NAN}, "base_values: expected finite numbers");
  expect("n_targets", int64_t{0}, "n_targets: expected a number from 1 to 65536, found 0");
  expect("n_targets", int64_t{-1}, "n_targets: expected a number");
  expect("post_transform", std::string("CUBE"), "post_transform: expected NONE");
  expect("aggregate_function", std::string("MEDIAN"), "aggregate_function: expected SUM");
}

TEST(OnnxModelTest, RefusesAttributesThatComeTwice) {
  onnxfile::Model model = Regressor();
  model.graph.nodes[0].attributes.push_back({"n_targets", int64_t{1}});
  ExpectProblem(model, StatusCode::kInvalidArgument, "a second 'n_targets'");
}

TEST(OnnxModelTest, BoundsVectorsBeforeItTakesMemory) {
  // Leaves that give two of 60,000 targets each, 600 of them.
  Ints trees, nodes, zeros, leaves, targets;
  Floats values;
  Texts modes;
  for (int64_t tree = 0; tree < 600; ++tree) {
    trees.push_back(tree);
    nodes.push_back(0);
    zeros.push_back(0);
    values.push_back(0);
    modes.emplace_back("LEAF");
    for (const int64_t target : {0, 1}) {
      leaves.push_back(tree);
      targets.push_back(target);
    }
  }
  onnxfile::Model model = With(Regressor(), "n_targets", int64_t{60000});
  for (const char* name :
       {"nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true"}) {
    model = With(model, name, zeros);
  }
  model = With(With(With(With(model, "nodes_treeids", trees), "nodes_nodeids", nodes), "nodes_values", values),
               "nodes_modes", modes);
  model = With(With(model, "target_treeids", leaves), "target_nodeids", Ints(leaves.size(), 0));
  model = With(With(model, "target_ids", targets), "target_weights", Floats(leaves.size(), 1));
  model = With(model, "base_values", Floats{});
  ExpectProblem(model, StatusCode::kUnsupported, "leaves of 60000 values, 600 of them, take more than 33554432 values");
}

TEST(OnnxModelTest, RefusesWhatIsCutOff) {
  const std::string whole = Serialize(Classifier());
  ASSERT_TRUE(ReadOnnxTrees(whole).ok());
  const size_t last_output = whole.rfind("maps");  // nothing of the trees is behind it
  for (size_t length = 0; length < last_output; ++length) {
    const Status status = ReadOnnxTrees(whole.substr(0, length)).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << length << ": " << status;
  }
}

}  // namespace
}  // namespace trireme::treefile
