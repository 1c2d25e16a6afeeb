// SPDX-License-Identifier: Apache-2.0
#include "treefile/xgboost_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "treefile/evaluate.h"

namespace trireme::treefile {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// x0 < 0.5 ? 1 : (x1 < 2 ? 2 : 4); NaN goes left at the root and right below.
Json SmallTree(int id) {
  return {{"base_weights", {0, 0, 0, 0, 0}},
          {"default_left", {1, 0, 0, 0, 0}},
          {"id", id},
          {"left_children", {1, -1, 3, -1, -1}},
          {"loss_changes", {0, 0, 0, 0, 0}},
          {"parents", {2147483647, 0, 0, 2, 2}},
          {"right_children", {2, -1, 4, -1, -1}},
          {"split_conditions", {0.5, 1, 2, 2, 4}},
          {"split_indices", {0, 0, 1, 0, 0}},
          {"split_type", {0, 0, 0, 0, 0}},
          {"categories", Json::array()},
          {"categories_nodes", Json::array()},
          {"categories_segments", Json::array()},
          {"categories_sizes", Json::array()},
          {"sum_hessian", {1, 1, 1, 1, 1}},
          {"tree_param", {{"num_deleted", "0"}, {"num_feature", "3"}, {"num_nodes", "5"}, {"size_leaf_vector", "1"}}}};
}

// x1 in {1, 33} goes right, to 2; NaN goes left, to 1.
Json CategoryTree() {
  Json tree = SmallTree(0);
  tree["default_left"] = {1, 0, 0};
  tree["left_children"] = {1, -1, -1};
  tree["right_children"] = {2, -1, -1};
  tree["split_conditions"] = {nullptr, 1, 2};
  tree["split_conditions"][0] = 0;
  tree["split_indices"] = {1, 0, 0};
  tree["split_type"] = {1, 0, 0};
  tree["categories"] = {1, 33};
  tree["categories_nodes"] = {0};
  tree["categories_segments"] = {0};
  tree["categories_sizes"] = {2};
  tree["tree_param"]["num_nodes"] = "3";
  return tree;
}

Json Document(std::vector<Json> trees = {SmallTree(0)}) {
  const std::vector<int> outputs(trees.size(), 0);
  return {{"learner",
           {{"attributes", Json::object()},
            {"feature_names", {"a", "b", "c"}},
            {"feature_types", {"float", "float", "float"}},
            {"gradient_booster",
             {{"model",
               {{"gbtree_model_param", {{"num_parallel_tree", "1"}, {"num_trees", std::to_string(trees.size())}}},
                {"tree_info", outputs},
                {"trees", std::move(trees)}}},
              {"name", "gbtree"}}},
            {"learner_model_param",
             {{"base_score", "5E-1"}, {"num_class", "0"}, {"num_feature", "3"}, {"num_target", "1"}}},
            {"objective", {{"name", "reg:squarederror"}}}}},
          {"version", {1, 7, 4}}};
}

Json& Model(Json& document) {
  return document["learner"]["gradient_booster"]["model"];
}
Json& Parameters(Json& document) {
  return document["learner"]["learner_model_param"];
}

// As both kinds of files, which must say the same.
Result<Forest> Read(const Json& document, const ReadOptions& options = {}) {
  const std::vector<uint8_t> binary = Json::to_ubjson(document);
  const std::string_view bytes(reinterpret_cast<const char*>(binary.data()), binary.size());
  Result<Forest> from_json = ReadXgboostJson(document.dump(), options);
  const Result<Forest> from_ubjson = ReadXgboostUbjson(bytes, options);
  EXPECT_EQ(from_json.ok(), from_ubjson.ok()) << from_json.status() << " " << from_ubjson.status();
  if (!from_json.ok()) {
    EXPECT_EQ(from_json.status().code(), from_ubjson.status().code());
    return from_json;
  }
  EXPECT_EQ(from_json->leaf_values, from_ubjson->leaf_values);
  EXPECT_EQ(from_json->nodes.size(), from_ubjson->nodes.size());
  return from_json;
}

Evaluation Ask(const Json& document, std::vector<float> row) {
  const Result<Forest> forest = Read(document);
  EXPECT_TRUE(forest.ok()) << forest.status();
  return forest.ok() ? Evaluate(*forest, row) : Evaluation{{0, 0, 0}, {0, 0}, {0, 0, 0}};
}

void ExpectProblem(const Json& document, std::string_view words, StatusCode code = StatusCode::kInvalidArgument) {
  const Result<Forest> forest = Read(document);
  EXPECT_EQ(forest.status().code(), code) << forest.status();
  EXPECT_THAT(forest.status().message(), HasSubstr(words));
}

TEST(XgboostModelTest, ComparesAndAddsTheBaseScore) {
  EXPECT_EQ(Ask(Document(), {0.4F, 0, 0}).margins[0], 1.5);
  EXPECT_EQ(Ask(Document(), {0.5F, 1.9F, 0}).margins[0], 2.5);
  EXPECT_EQ(Ask(Document(), {0.5F, 2, 0}).margins[0], 4.5);
  EXPECT_EQ(Ask(Document(), {kNan, 2, 0}).margins[0], 1.5);
  EXPECT_EQ(Ask(Document(), {1, kNan, 0}).margins[0], 4.5);
  EXPECT_EQ(Ask(Document(), {1, 0, 0}).leaf_ids[0], 3U);
}

TEST(XgboostModelTest, SaysWhatTheFileSays) {
  const Result<Forest> forest = Read(Document());
  ASSERT_TRUE(forest.ok());
  EXPECT_EQ(forest->format, "XGBoost 1.7.4 JSON, gbtree");
  EXPECT_EQ(forest->objective, "reg:squarederror");
  EXPECT_EQ(forest->width, 3U);
  EXPECT_THAT(forest->feature_names, testing::ElementsAre("a", "b", "c"));
  EXPECT_TRUE(forest->scores_flat);
}

TEST(XgboostModelTest, ReadsFlagsOfOldVersions) {
  Json document = Document();
  Model(document)["trees"][0]["default_left"] = {true, false, false, false, false};
  EXPECT_EQ(Ask(document, {kNan, 2, 0}).margins[0], 1.5);
}

TEST(XgboostModelTest, SendsCategoriesOfTheSetRight) {
  const Json document = Document({CategoryTree()});
  for (const float inside : {1.0F, 1.5F, 33.0F}) EXPECT_EQ(Ask(document, {0, inside, 0}).margins[0], 2.5) << inside;
  for (const float outside : {0.0F, 2.0F, 34.0F, -0.5F, -1.0F, 65.0F, 1e9F, INFINITY, kNan}) {
    EXPECT_EQ(Ask(document, {0, outside, 0}).margins[0], 1.5) << outside;
  }
}

// Since version 3.1 with brackets, and one a class where there are several.
TEST(XgboostModelTest, ReadsABaseScoreForEachOutput) {
  Json document = Document({SmallTree(0), SmallTree(1), SmallTree(2)});
  Model(document)["tree_info"] = {0, 1, 2};
  Parameters(document)["num_class"] = "3";
  document["learner"]["objective"]["name"] = "multi:softprob";
  Parameters(document)["base_score"] = "[5E-1,1E0,-2E0]";
  EXPECT_THAT(Ask(document, {0, 0, 0}).margins, testing::ElementsAre(1.5, 2, -1));
  Parameters(document)["base_score"] = "[5E-1]";
  EXPECT_THAT(Ask(document, {0, 0, 0}).margins, testing::ElementsAre(1.5, 1.5, 1.5));
  Parameters(document)["base_score"] = "[5E-1,1E0]";
  ExpectProblem(document, "base_score: expected 1 or 3 numbers, found 2");
}

TEST(XgboostModelTest, TakesTheBaseScoreForAnAnswer) {
  Json document = Document({});
  document["learner"]["objective"]["name"] = "binary:logistic";
  Parameters(document)["base_score"] = "[2E-1]";
  EXPECT_FLOAT_EQ(Ask(document, {0, 0, 0}).scores[0], 0.2F);
  document["learner"]["objective"]["name"] = "count:poisson";
  EXPECT_FLOAT_EQ(Ask(document, {0, 0, 0}).scores[0], 0.2F);
  Parameters(document)["base_score"] = "0";
  ExpectProblem(document, "base_score: expected a number above 0 with objective count:poisson");
  document["learner"]["objective"]["name"] = "binary:logistic";
  Parameters(document)["base_score"] = "1.5";
  ExpectProblem(document,
                "base_score: expected a probability between 0 and 1 with objective binary:logistic, found 1.5");
  Parameters(document)["base_score"] = "0";
  ExpectProblem(document, "base_score: expected a probability between 0 and 1");
  document["version"] = {3, 2, 0};
  EXPECT_FLOAT_EQ(Ask(document, {0, 0, 0}).scores[0], 1e-6F);
}

// Multi-output trees: of version 2 with the weights of all nodes, of later ones with a list of leaves.
TEST(XgboostModelTest, ReadsLeavesWithSeveralValues) {
  Json document = Document({SmallTree(0)});
  Parameters(document)["num_target"] = "2";
  Json& tree = Model(document)["trees"][0];
  tree["tree_param"]["size_leaf_vector"] = "2";
  tree["base_weights"] = {0, 0, 1, 10, 0, 0, 2, 20, 4, 40};
  EXPECT_THAT(Ask(document, {0, 0, 0}).margins, testing::ElementsAre(1.5, 10.5));
  EXPECT_THAT(Ask(document, {1, 3, 0}).margins, testing::ElementsAre(4.5, 40.5));
  tree["leaf_weights"] = {4, 40, 1, 10, 2, 20};
  tree["right_children"] = {2, 1, 4, 2, 0};
  EXPECT_THAT(Ask(document, {0, 0, 0}).margins, testing::ElementsAre(1.5, 10.5));
  EXPECT_THAT(Ask(document, {1, 3, 0}).margins, testing::ElementsAre(4.5, 40.5));
  tree["right_children"] = {2, 3, 4, 2, 0};
  ExpectProblem(document, "node 1: right_children: expected a leaf's place from 0 to 2 in leaf_weights, found 3");
  tree.erase("leaf_weights");
  tree["base_weights"] = {0, 0};
  ExpectProblem(document, "base_weights: expected 10 elements, found 2");
}

TEST(XgboostModelTest, WeighsTreesOfDart) {
  Json document = Document({SmallTree(0), SmallTree(1)});
  Json booster = document["learner"]["gradient_booster"];
  document["learner"]["gradient_booster"] = {{"gbtree", booster}, {"name", "dart"}, {"weight_drop", {0.5, 2}}};
  EXPECT_EQ(Ask(document, {0, 0, 0}).margins[0], 3);
  // Newer versions have them in the model.
  Json newer = Document({SmallTree(0), SmallTree(1)});
  Model(newer)["weight_drop"] = {0.5};
  EXPECT_EQ(Ask(newer, {0, 0, 0}).margins[0], 2);
  Model(newer)["weight_drop"] = {0.5, 1, 1};
  ExpectProblem(newer, "weight_drop: expected at most 2 elements");
}

TEST(XgboostModelTest, KeepsTheTreesUpToTheBestIteration) {
  Json document = Document({SmallTree(0), SmallTree(1), SmallTree(2), SmallTree(3)});
  document["learner"]["attributes"]["best_iteration"] = "1";
  EXPECT_EQ(Read(document)->trees.size(), 2U);
  EXPECT_THAT(Read(document)->notes, testing::ElementsAre(HasSubstr("has 4 trees, and is served with the first 2")));
  EXPECT_EQ(Read(document, {.all_iterations = true})->trees.size(), 4U);
  Model(document)["iteration_indptr"] = {0, 1, 3, 4};
  EXPECT_EQ(Read(document)->trees.size(), 3U);
  document["learner"]["attributes"]["best_iteration"] = "4294967295";
  EXPECT_EQ(Read(document)->trees.size(), 4U);
  document["learner"]["attributes"]["best_iteration"] = "-1";
  ExpectProblem(document, "learner: attributes: best_iteration: expected an integer");
}

TEST(XgboostModelTest, SaysThatCategoriesHaveNoNames) {
  Json document = Document({CategoryTree()});
  Model(document)["cats"] = {
      {"enc", {{{"offsets", {0, 1}}, {"values", {65}}}}}, {"feature_segments", {0}}, {"sorted_idx", {0}}};
  EXPECT_THAT(Read(document)->notes, testing::ElementsAre(HasSubstr("categories are sent as the numbers")));
}

TEST(XgboostModelTest, NamesWhatItDoesNotRead) {
  Json document = Document();
  document["learner"]["objective"]["name"] = "reg:mine";
  ExpectProblem(document, "XGBoost's objective 'reg:mine' is not known here", StatusCode::kUnsupported);
  document["learner"]["gradient_booster"] = {{"model", {{"weights", {1, 2}}}}, {"name", "gblinear"}};
  ExpectProblem(document, "gblinear", StatusCode::kUnsupported);
  Json quantiles = Document({SmallTree(0), SmallTree(1)});
  Model(quantiles)["tree_info"] = {0, 1};
  Parameters(quantiles)["num_target"] = "2";
  quantiles["learner"]["objective"]["name"] = "reg:quantileerror";
  EXPECT_TRUE(Read(quantiles).ok());
  quantiles["version"] = {3, 4, 0};
  ExpectProblem(quantiles, "quantiles", StatusCode::kUnsupported);
}

TEST(XgboostModelTest, RefusesATreeThatIsDamaged) {
  const auto expect = [](const Json& patch, std::string_view words) {
    SCOPED_TRACE(patch.dump());
    Json document = Document({SmallTree(0), SmallTree(1)});
    Model(document)["trees"][1].merge_patch(patch);
    ExpectProblem(document, words);
    ExpectProblem(document, "tree 1: ");
  };
  expect({{"left_children", {0, -1, 3, -1, -1}}}, "node 0: expected one way to it, found two");
  expect({{"left_children", {2, -1, 3, -1, -1}}}, "expected one way to it, found two");
  expect({{"left_children", {1, -1, 5, -1, -1}}}, "node 2: expected children below 5, the number of nodes, found 5");
  expect({{"left_children", {1, -1, -7, -1, -1}}}, "node 2: expected children below 5, the number of nodes, found -7");
  expect({{"left_children", {-1, -1, 3, -1, -1}}}, "expected that its root leads to 5 nodes, found 1");
  expect({{"left_children", {1, -1, 3, -1}}}, "left_children: expected 5 elements, found 4");
  expect({{"left_children", {1, -1, 3.5, -1, -1}}}, "left_children: expected");
  expect({{"left_children", {1, -1, 3000000000, -1, -1}}}, "left_children: expected an integer from");
  expect({{"left_children", nullptr}}, "'left_children' is missing");
  expect({{"split_indices", {0, 0, 3, 0, 0}}}, "node 2: expected a feature below 3, the number of features, found 3");
  expect({{"split_indices", {0, 0, -1, 0, 0}}}, "node 2: split_indices: expected a feature from 0");
  expect({{"split_indices", {0, 0, 99999999999, 0, 0}}}, "node 2: split_indices: expected a feature from 0");
  expect({{"split_conditions", {"x", 1, 2, 2, 4}}}, "split_conditions: expected a number");
  expect({{"default_left", {2, 0, 0, 0, 0}}}, "default_left: expected 0 or 1");
  expect({{"tree_param", {{"num_nodes", "4"}}}}, "num_nodes is 4: left_children: expected 4 elements, found 5");
  expect({{"tree_param", {{"num_nodes", "4294967295"}}}}, "left_children: expected 4294967295 elements");
  expect({{"tree_param", {{"num_nodes", "99999999999"}}}}, "num_nodes: expected an integer from 0");
  expect({{"tree_param", {{"num_nodes", "five"}}}}, "num_nodes: expected an integer");
  expect({{"tree_param", {{"num_nodes", 5}}}}, "num_nodes: expected a string");
  expect({{"tree_param", {{"num_deleted", "1"}}}}, "expected that its root leads to 4 nodes, found 5");
  expect({{"tree_param", {{"num_deleted", "9"}}}}, "num_deleted: expected at most 5");
  expect({{"tree_param", {{"size_leaf_vector", "3"}}}}, "base_weights: expected 15 elements, found 5");
  expect({{"id", 7}}, "id: expected 1, found 7");
  expect({{"split_type", {1, 0, 0, 0, 0}}}, "node 0: its split_type is 1, and categories_nodes does not name it");
  expect({{"categories_nodes", {1}}}, "categories_segments: expected 1 elements, found 0");
}

TEST(XgboostModelTest, RefusesCategoriesThatAreNone) {
  const auto expect = [](const char* list, std::vector<int64_t> values, std::string_view words, StatusCode code) {
    Json document = Document({CategoryTree()});
    Model(document)["trees"][0][list] = values;
    ExpectProblem(document, words, code);
  };
  constexpr auto kBad = StatusCode::kInvalidArgument;
  expect("categories", {1, -1}, "node 0: expected categories from 0 on, found -1", kBad);
  expect("categories", {1, 1 << 24}, "node 0: expected categories below 16777216", kBad);
  expect("categories_sizes", {3}, "node 0: expected a part of the 2 categories, found 3 from 0 on", kBad);
  expect("categories_sizes", {INT64_MAX}, "expected a part of the 2 categories", kBad);
  expect("categories_sizes", {0}, "node 0: expected at least one category", kBad);
  expect("categories_segments", {-1}, "expected a part of the 2 categories, found 2 from -1 on", kBad);
  expect("categories_nodes", {1}, "categories_nodes: expected nodes with split_type 1, each once, found 1", kBad);
  expect("categories_nodes", {3}, "categories_nodes", kBad);
}

TEST(XgboostModelTest, RefusesADocumentThatIsDamaged) {
  Json document = Document();
  Model(document)["gbtree_model_param"]["num_trees"] = "2";
  ExpectProblem(document, "trees: expected 2 as num_trees says, found 1");
  document = Document();
  Model(document)["tree_info"] = {1};
  ExpectProblem(document, "tree_info: expected an output from 0 to 0, found 1 of tree 0");
  Model(document)["tree_info"] = {0, 0};
  ExpectProblem(document, "tree_info: expected 1 elements");
  document = Document();
  Parameters(document)["num_feature"] = "0";
  ExpectProblem(document, "expected at least one feature");
  Parameters(document)["num_feature"] = "4000000000";
  ExpectProblem(document, "expected at most 16777216 features, found 4000000000", StatusCode::kTooLarge);
  Parameters(document)["num_feature"] = "4";
  ExpectProblem(document, "feature_names: expected 4, one a feature, found 3");
  document = Document();
  Parameters(document)["num_class"] = "4000000000";
  ExpectProblem(document, "num_class, num_target: expected at most 65536", StatusCode::kTooLarge);
  document = Document();
  document["learner"]["objective"]["name"] = "multi:softmax";
  ExpectProblem(document, "num_class: expected at least 2 with objective multi:softmax, found 1");
  document = Document();
  Parameters(document)["base_score"] = "half";
  ExpectProblem(document, "learner: learner_model_param: base_score: expected");
  document = Document();
  document["learner"].erase("objective");
  ExpectProblem(document, "learner: 'objective' is missing");
  document = Document();
  Model(document).erase("trees");
  ExpectProblem(document, "gradient_booster: 'trees' is missing");
  document["learner"]["gradient_booster"]["name"] = "gbforest";
  ExpectProblem(document, "name: expected 'gbtree', 'dart' or 'gblinear', found 'gbforest'");
}

TEST(XgboostModelTest, RefusesMembersThatComeTwice) {
  std::string text = Document().dump();
  const std::string_view key = "\"version\":[1,7,4]";
  text.insert(text.find(key), std::string(key) + ",");
  EXPECT_THAT(ReadXgboostJson(text, {}).status().message(), HasSubstr("expected one 'version', found two"));
}

TEST(XgboostModelTest, RefusesWhatIsCutOff) {
  const Json document = Document({SmallTree(0), CategoryTree()});
  Json fine = document;
  fine["learner"]["gradient_booster"]["model"]["trees"][1]["id"] = 1;
  const std::string text = fine.dump();
  const std::vector<uint8_t> binary = Json::to_ubjson(fine);
  const std::string bytes(binary.begin(), binary.end());
  ASSERT_TRUE(ReadXgboostJson(text, {}).ok());
  ASSERT_TRUE(ReadXgboostUbjson(bytes, {}).ok());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(ReadXgboostJson(text.substr(0, length), {}).status().code(), StatusCode::kInvalidArgument);
  }
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(ReadXgboostUbjson(bytes.substr(0, length), {}).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(XgboostModelTest, RefusesWhatIsNoNumber) {
  for (const size_t place : {0U, 1U}) {  // a threshold, and a leaf
    Json document = Document();
    Json& conditions = Model(document)["trees"][0]["split_conditions"];
    conditions[place] = 0.375;
    std::string text = document.dump();
    text.replace(text.find("0.375"), 5, "NaN");
    conditions[place] = kNan;
    const std::vector<uint8_t> binary = Json::to_ubjson(document);
    const std::string_view bytes(reinterpret_cast<const char*>(binary.data()), binary.size());
    for (const Status& status : {ReadXgboostJson(text, {}).status(), ReadXgboostUbjson(bytes, {}).status()}) {
      EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
      EXPECT_THAT(status.message(), HasSubstr("tree 0"));
    }
  }
}

}  // namespace
}  // namespace trireme::treefile
