// SPDX-License-Identifier: Apache-2.0
// What is read of tree ensembles in ONNX predicts what ONNX Runtime predicts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "backends/onnx/onnx_backend.h"
#include "base/testing/temp_dir.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"
#include "tensor/bytes_elements.h"
#include "treefile/evaluate.h"
#include "treefile/read_forest.h"

namespace trireme {
namespace {

using treefile::Evaluation;
using treefile::Forest;

constexpr int kWidth = 5;
constexpr size_t kRows = 300;

struct Case {
  std::string name;
  bool is_classifier = false;
  int outputs = 1;
  std::vector<std::string> modes = {"BRANCH_LEQ"};
  std::string post_transform = "NONE";
  std::string aggregate = "SUM";
  std::vector<float> base = {};
  bool has_missing = false;
  enum class Leaves : uint8_t { kOwnTrees, kAll, kSome, kFirst } leaves = Leaves::kOwnTrees;
  bool only_positive = false;
  bool has_texts = false;
  int trees = 12;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

// Random trees as the lists of attributes that ONNX has for them.
class EnsembleMaker {
 public:
  explicit EnsembleMaker(const Case& c) : case_(c) {
    for (int tree = 0; tree < c.trees; ++tree) {
      next_id_ = 0;
      AddNode(tree, 0);
    }
  }

  std::string Model() const {
    const std::string leaf = case_.is_classifier ? "class" : "target";
    std::vector<onnxfile::Attribute> attributes = {{"nodes_treeids", tree_ids_},
                                                   {"nodes_nodeids", node_ids_},
                                                   {"nodes_featureids", features_},
                                                   {"nodes_values", values_},
                                                   {"nodes_modes", modes_},
                                                   {"nodes_truenodeids", true_ids_},
                                                   {"nodes_falsenodeids", false_ids_},
                                                   {leaf + "_treeids", leaf_trees_},
                                                   {leaf + "_nodeids", leaf_nodes_},
                                                   {leaf + "_ids", leaf_outputs_},
                                                   {leaf + "_weights", leaf_weights_},
                                                   {"post_transform", case_.post_transform}};
    if (case_.has_missing) attributes.push_back({"nodes_missing_value_tracks_true", missing_});
    if (!case_.base.empty()) attributes.push_back({"base_values", case_.base});
    onnxfile::Graph graph = {
        .name = "trees", .nodes = {}, .inputs = {{"X", onnxfile::ElementType::kFloat, {"n", kWidth}}}, .outputs = {}};
    if (case_.is_classifier) {
      std::vector<int64_t> numbers;
      std::vector<std::string> texts;
      for (int i = 0; i < case_.outputs; ++i) {
        numbers.push_back(10 * i + 7);
        texts.push_back("class " + std::to_string(i));
      }
      attributes.push_back(case_.has_texts ? onnxfile::Attribute{"classlabels_strings", texts}
                                           : onnxfile::Attribute{"classlabels_int64s", numbers});
      graph.nodes = {{"TreeEnsembleClassifier", {"X"}, {"label", "scores"}, attributes, "ai.onnx.ml"}};
      graph.outputs = {
          {"label", case_.has_texts ? onnxfile::ElementType::kString : onnxfile::ElementType::kInt64, {"n"}},
          {"scores", onnxfile::ElementType::kFloat, {"n", case_.outputs}}};
    } else {
      attributes.push_back({"n_targets", int64_t{case_.outputs}});
      attributes.push_back({"aggregate_function", case_.aggregate});
      graph.nodes = {{"TreeEnsembleRegressor", {"X"}, {"scores"}, attributes, "ai.onnx.ml"}};
      graph.outputs = {{"scores", onnxfile::ElementType::kFloat, {"n", case_.outputs}}};
    }
    return onnxfile::Serialize({.ir_version = 8,
                                .producer_name = "trireme tests",
                                .opsets = {{"", 17}, {"ai.onnx.ml", 3}},
                                .graph = std::move(graph)});
  }

 private:
  int64_t AddNode(int tree, int depth) {
    const int64_t id = next_id_++;
    const size_t place = node_ids_.size();
    const bool is_leaf = depth == 4 || (depth > 1 && random_() % 4 == 0);
    tree_ids_.push_back(tree);
    node_ids_.push_back(id);
    features_.push_back(static_cast<int64_t>(random_() % kWidth));
    values_.push_back(static_cast<float>(static_cast<int>(random_() % 17) - 8) / 8);
    modes_.push_back(is_leaf ? "LEAF" : case_.modes[random_() % case_.modes.size()]);
    missing_.push_back(static_cast<int64_t>(random_() % 2));
    true_ids_.push_back(0);
    false_ids_.push_back(0);
    if (is_leaf) {
      AddWeights(tree, id);
      return id;
    }
    const int64_t true_id = AddNode(tree, depth + 1);
    const int64_t false_id = AddNode(tree, depth + 1);
    true_ids_[place] = true_id;
    false_ids_[place] = false_id;
    return id;
  }

  void AddWeights(int tree, int64_t id) {
    for (int output = 0; output < case_.outputs; ++output) {
      if (case_.leaves == Case::Leaves::kOwnTrees && output != tree % case_.outputs) continue;
      if (case_.leaves == Case::Leaves::kFirst && output != 0) continue;
      if (case_.leaves == Case::Leaves::kSome && random_() % 2 == 0) continue;
      leaf_trees_.push_back(tree);
      leaf_nodes_.push_back(id);
      leaf_outputs_.push_back(output);
      const float weight = static_cast<float>(random_() % 2000) / 10000 / (case_.only_positive ? 2 : 1);
      leaf_weights_.push_back(case_.only_positive || random_() % 2 == 0 ? weight : -weight);
    }
  }

  const Case& case_;
  std::mt19937 random_{11};
  int64_t next_id_ = 0;
  std::vector<int64_t> tree_ids_, node_ids_, features_, true_ids_, false_ids_, missing_;
  std::vector<int64_t> leaf_trees_, leaf_nodes_, leaf_outputs_;
  std::vector<float> values_, leaf_weights_;
  std::vector<std::string> modes_;
};

std::vector<float> MakeRows() {
  std::mt19937 random(3);
  const float special[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(), -0.0F, 1e-45F};
  std::vector<float> rows;
  for (size_t i = 0; i < kRows * kWidth; ++i) {
    const auto draw = random();
    // Every other value is a threshold of some node.
    rows.push_back(draw % 9 == 0 ? special[draw / 9 % std::size(special)]
                                 : static_cast<float>(static_cast<int>(draw / 9 % 33) - 16) / 16);
  }
  return rows;
}

class OnnxTrees : public testing::TestWithParam<Case> {
 protected:
  // The outputs that ONNX Runtime gives, by name.
  std::map<std::string, Tensor> RunOnnxRuntime(const std::string& model, const std::vector<float>& rows) {
    const auto backend =
        onnx::CreateBackend({pool_, log_, std::filesystem::read_symlink("/proc/self/exe").parent_path()});
    CHECK(backend.ok());
    auto opened = (*backend)->Open({.path = onnxfile::WriteModel(folder_.path(), "m", model)}, {});
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    auto& open = std::get<std::unique_ptr<OpenModel>>(*opened);
    const Tensor input = {DataType::kFp32,
                          {static_cast<int64_t>(rows.size() / kWidth), kWidth},
                          Buffer::CopyOf(std::as_bytes(std::span(rows)))};
    std::vector<int> wanted;
    for (size_t i = 0; i < open->signature().outputs.size(); ++i) wanted.push_back(static_cast<int>(i));
    auto outputs = open->Run({&input, 1}, wanted, {});
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    std::map<std::string, Tensor> by_name;
    for (size_t i = 0; outputs.ok() && i < outputs->size(); ++i) {
      by_name[open->signature().outputs[i].name] = (*outputs)[i];
    }
    return by_name;
  }

  MemoryPool pool_;
  const Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TempDir folder_;
};

void ExpectLabel(const Forest& forest, size_t label, const Tensor& expected, size_t row) {
  if (const auto* numbers = std::get_if<std::vector<int64_t>>(&forest.labels)) {
    EXPECT_EQ((*numbers)[label], expected.As<int64_t>()[row]) << "row " << row;
    return;
  }
  const auto& texts = std::get<std::vector<std::string>>(forest.labels);
  const std::string_view bytes(reinterpret_cast<const char*>(expected.data.data()), expected.data.size());
  size_t at = 0;
  for (size_t i = 0; i < row; ++i) at += 4 + static_cast<uint8_t>(bytes[at]);
  EXPECT_EQ(texts[label], bytes.substr(at + 4, static_cast<uint8_t>(bytes[at]))) << "row " << row;
}

TEST_P(OnnxTrees, PredictWhatOnnxRuntimePredicts) {
  const std::string model = EnsembleMaker(GetParam()).Model();
  const Result<Forest> forest = treefile::ReadForest(model);
  ASSERT_TRUE(forest.ok()) << forest.status();
  const std::vector<float> rows = MakeRows();
  std::map<std::string, Tensor> expected = RunOnnxRuntime(model, rows);
  ASSERT_TRUE(expected.contains(forest->scores_name));
  const auto scores = expected[forest->scores_name].As<float>();
  const size_t columns = forest->column_count();
  const double tolerance = GetParam().post_transform == "PROBIT" ? 1e-5 : 1e-6;  // which has a difference in it
  ASSERT_EQ(scores.size(), kRows * columns);
  for (size_t i = 0; i < kRows && !HasFailure(); ++i) {
    const Evaluation result = Evaluate(*forest, std::span(rows).subspan(i * kWidth, kWidth));
    for (size_t j = 0; j < columns; ++j) {
      const float score = scores[i * columns + j];
      if (std::isnan(score) && std::isnan(result.scores[j])) continue;
      EXPECT_NEAR(result.scores[j], score, tolerance * std::max(1.0F, std::fabs(score)))
          << "row " << i << " column " << j;
    }
    if (!forest->label_name.empty()) ExpectLabel(*forest, result.label, expected[forest->label_name], i);
  }
}

std::vector<Case> Cases() {
  using Leaves = Case::Leaves;
  std::vector<Case> cases;
  for (const char* mode : {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"}) {
    cases.push_back({.name = mode, .modes = {mode}, .base = {0.25F}});
    cases.push_back({.name = std::string(mode) + "_missing", .modes = {mode}, .has_missing = true});
  }
  const std::vector<std::string> all_modes = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"};
  cases.push_back({.name = "mixed_modes", .modes = all_modes, .has_missing = true, .trees = 40});
  for (const char* aggregate : {"AVERAGE", "MIN", "MAX"}) {
    cases.push_back({.name = std::string("one_") + aggregate, .aggregate = aggregate, .base = {0.5F}});
    cases.push_back({.name = std::string("three_") + aggregate,
                     .outputs = 3,
                     .aggregate = aggregate,
                     .base = {0.5F, 0, -1},
                     .leaves = Leaves::kAll});
  }
  cases.push_back({.name = "probit",
                   .post_transform = "PROBIT",
                   .base = {0.5F},
                   .leaves = Leaves::kFirst,
                   .only_positive = true,
                   .trees = 3});
  for (const char* transform : {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"}) {
    const std::string name = transform;
    cases.push_back({.name = "targets_" + name, .outputs = 3, .post_transform = name, .leaves = Leaves::kSome});
    cases.push_back({.name = "classes_" + name, .is_classifier = true, .outputs = 4, .post_transform = name});
    cases.push_back({.name = "classes_with_base_" + name,
                     .is_classifier = true,
                     .outputs = 3,
                     .post_transform = name,
                     .base = {0.1F, -0.2F, 0.1F},
                     .leaves = Leaves::kSome});
  }
  cases.push_back({.name = "forest",
                   .is_classifier = true,
                   .outputs = 3,
                   .leaves = Leaves::kAll,
                   .only_positive = true,
                   .has_texts = true});
  cases.push_back(
      {.name = "sparse_forest", .is_classifier = true, .outputs = 3, .leaves = Leaves::kSome, .only_positive = true});
  for (const char* transform : {"NONE", "LOGISTIC"}) {
    for (const bool only_positive : {false, true}) {
      if (only_positive && transform == std::string("LOGISTIC")) continue;  // not read: see below
      Case c = {.name = std::string("two_classes_") + transform + (only_positive ? "_positive" : ""),
                .is_classifier = true,
                .outputs = 2,
                .post_transform = transform,
                .leaves = Leaves::kFirst,
                .only_positive = only_positive,
                .has_texts = only_positive};
      cases.push_back(c);
      c.name += "_base";
      c.base = {0.05F};
      cases.push_back(c);
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, OnnxTrees, testing::ValuesIn(Cases()), [](const auto& made) { return made.param.name; });

// Of these ONNX Runtime's label is not the class with the larger score.
TEST(OnnxTreesTest, LeaveProbabilitiesOfProbabilitiesToOnnxRuntime) {
  const Case c = {.name = "positive",
                  .is_classifier = true,
                  .outputs = 2,
                  .post_transform = "LOGISTIC",
                  .leaves = Case::Leaves::kFirst,
                  .only_positive = true};
  const auto forest = treefile::ReadForest(EnsembleMaker(c).Model());
  EXPECT_EQ(forest.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(forest.status().message(), testing::HasSubstr("post_transform"));
}

}  // namespace
}  // namespace trireme
