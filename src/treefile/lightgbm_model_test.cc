// SPDX-License-Identifier: Apache-2.0
#include "treefile/lightgbm_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "treefile/evaluate.h"

namespace trireme::treefile {
namespace {

using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct FileParts {
  std::string version = "v4";
  int classes = 1;
  std::string objective = "regression";
  std::string more = {};  // lines of the header
  std::vector<std::string> trees = {};
  std::string end = "end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n";
};

std::string File(const FileParts& parts) {
  std::string text = "tree\nversion=" + parts.version + "\nnum_class=" + std::to_string(parts.classes) +
                     "\nnum_tree_per_iteration=" + std::to_string(parts.classes) +
                     "\nlabel_index=0\nmax_feature_idx=2\nobjective=" + parts.objective + "\n" + parts.more +
                     "feature_names=a b c\nfeature_infos=[0:1] [0:1] none\ntree_sizes=";
  for (const std::string& tree : parts.trees) text += std::to_string(tree.size()) + " ";
  text += "\n\n";
  for (size_t i = 0; i < parts.trees.size(); ++i) text += "Tree=" + std::to_string(i) + "\n" + parts.trees[i] + "\n\n";
  return text + parts.end;
}

// One split of the first feature: leaf 0 has 1, leaf 1 has 2.
std::string Stump(std::string_view threshold, int decision) {
  return "num_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=" + std::string(threshold) +
         "\ndecision_type=" + std::to_string(decision) +
         "\nleft_child=-1\nright_child=-2\nleaf_value=1 2\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\n"
         "internal_weight=2\ninternal_count=2\nis_linear=0\nshrinkage=1\n";
}

std::string Constant(std::string_view value) {
  return "num_leaves=1\nnum_cat=0\nleaf_value=" + std::string(value) + "\n";
}

Forest Read(const FileParts& parts) {
  Result<Forest> forest = ReadLightgbmText(File(parts));
  EXPECT_TRUE(forest.ok()) << forest.status();
  return forest.ok() ? std::move(forest).value() : Forest{.width = 3, .trees = {}};
}

Status Problem(const std::string& text) {
  return ReadLightgbmText(text).status();
}

double Ask(const Forest& forest, float a, float b = 0, float c = 0) {
  return Evaluate(forest, std::vector<float>{a, b, c}).margins.at(0);
}

double Score(const FileParts& parts) {
  return Evaluate(Read(parts), std::vector<float>{0, 0, 0}).scores.at(0);
}

// Bits of decision_type: 1 categorical, 2 default left, 4 zero is missing, 8 NaN is missing.
TEST(LightgbmModelTest, ComparesInDoublePrecision) {
  // The float nearest to 0.1 is above the double nearest to it.
  const Forest tenth = Read({.trees = {Stump("0.10000000000000001", 0)}});
  EXPECT_EQ(Ask(tenth, 0.1F), 2);
  EXPECT_EQ(Ask(tenth, std::nextafter(0.1F, 0.0F)), 1);
  const Forest half = Read({.trees = {Stump("0.5", 0)}});
  EXPECT_EQ(Ask(half, 0.5F), 1);
  EXPECT_EQ(Ask(half, std::nextafter(0.5F, 1.0F)), 2);
  const Forest all = Read({.trees = {Stump("1.0000000000000001e+300", 10)}});
  EXPECT_EQ(Ask(all, std::numeric_limits<float>::max()), 1);
  EXPECT_EQ(Ask(all, INFINITY), 2);
}

TEST(LightgbmModelTest, TakesNanForZeroWhereNothingIsMissing) {
  EXPECT_EQ(Ask(Read({.trees = {Stump("0.5", 0)}}), kNan), 1);
  EXPECT_EQ(Ask(Read({.trees = {Stump("0.5", 2)}}), kNan), 1);
  EXPECT_EQ(Ask(Read({.trees = {Stump("-0.5", 0)}}), kNan), 2);
  EXPECT_EQ(Ask(Read({.trees = {Stump("-0.5", 2)}}), kNan), 2);
}

TEST(LightgbmModelTest, SendsNanToTheDefaultWhereItIsMissing) {
  EXPECT_EQ(Ask(Read({.trees = {Stump("0.5", 8)}}), kNan), 2);
  EXPECT_EQ(Ask(Read({.trees = {Stump("-0.5", 10)}}), kNan), 1);
  EXPECT_EQ(Ask(Read({.trees = {Stump("0.5", 8)}}), 0), 1);
}

TEST(LightgbmModelTest, SendsZeroToTheDefaultWhereItIsMissing) {
  const Forest right = Read({.trees = {Stump("0.5", 4)}});
  for (const float missing : {0.0F, -0.0F, 1e-35F, -1e-35F, 1e-40F, kNan}) EXPECT_EQ(Ask(right, missing), 2) << missing;
  for (const float near : {2e-35F, -2e-35F}) EXPECT_EQ(Ask(right, near), 1) << near;
  const Forest left = Read({.trees = {Stump("-0.5", 6)}});
  for (const float missing : {0.0F, kNan}) EXPECT_EQ(Ask(left, missing), 1) << missing;
  EXPECT_EQ(Ask(left, 0.1F), 2);
}

TEST(LightgbmModelTest, TakesWhatIsNearlyZeroForZero) {
  const Forest below = Read({.trees = {Stump("-1.0000000180025095e-35", 0)}});
  EXPECT_EQ(Ask(below, -1e-35F), 2);
  EXPECT_EQ(Ask(below, -2e-35F), 1);
  const Forest above = Read({.trees = {Stump("0", 0)}});
  EXPECT_EQ(Ask(above, 1e-35F), 1);
  EXPECT_EQ(Ask(above, 2e-35F), 2);
}

TEST(LightgbmModelTest, KnowsCategoriesByTheirWholePart) {
  // Two splits: feature 1 by {0, 3, 33}, then feature 2 by {2}.
  const Forest forest = Read({.trees = {"num_leaves=3\nnum_cat=2\nsplit_feature=1 2\nsplit_gain=1 1\nthreshold=0 1\n"
                                        "decision_type=1 1\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 3\n"
                                        "cat_boundaries=0 2 3\ncat_threshold=9 2 4\nshrinkage=1\n"}});
  const auto ask = [&forest](float b, float c = 0) { return Ask(forest, 0, b, c); };
  for (const float inside : {0.0F, 3.0F, 3.9F, 33.0F, -0.5F, -0.0F}) EXPECT_EQ(ask(inside), 1) << inside;
  for (const float outside : {1.0F, -1.0F, -3.0F, 64.0F, 1e30F, INFINITY, -INFINITY, kNan})
    EXPECT_EQ(ask(outside), 3) << outside;
  EXPECT_EQ(ask(1, 2), 2);
}

TEST(LightgbmModelTest, CountsLeavesAsLightgbmDoes) {
  const Forest forest = Read({.trees = {"num_leaves=3\nnum_cat=0\nsplit_feature=0 0\nthreshold=0.5 0.25\n"
                                        "decision_type=0 0\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=1 2 3\n"}});
  EXPECT_EQ(Evaluate(forest, std::vector<float>{0.1F, 0, 0}).leaf_ids.at(0), 0U);
  EXPECT_EQ(Evaluate(forest, std::vector<float>{0.9F, 0, 0}).leaf_ids.at(0), 1U);
  EXPECT_EQ(Evaluate(forest, std::vector<float>{0.3F, 0, 0}).leaf_ids.at(0), 2U);
}

TEST(LightgbmModelTest, AddsUpInDoublePrecision) {
  EXPECT_EQ(Ask(Read({.trees = {Constant("1"), Constant("1e-12"), Constant("-1")}}), 0), 1.0 + 1e-12 - 1.0);
}

TEST(LightgbmModelTest, MakesTheObjectivesAnswer) {
  EXPECT_FLOAT_EQ(Score({.objective = "regression", .trees = {Constant("-1.5")}}), -1.5);
  EXPECT_FLOAT_EQ(Score({.objective = "regression sqrt", .trees = {Constant("-1.5")}}), -2.25);
  EXPECT_FLOAT_EQ(Score({.objective = "huber sqrt", .trees = {Constant("-1.5")}}), -1.5);
  EXPECT_FLOAT_EQ(Score({.objective = "poisson", .trees = {Constant("1")}}), 2.7182818F);
  EXPECT_FLOAT_EQ(Score({.objective = "tweedie", .trees = {Constant("0")}}), 1);
  EXPECT_FLOAT_EQ(Score({.objective = "binary sigmoid:1", .trees = {Constant("1")}}), 0.73105858F);
  EXPECT_FLOAT_EQ(Score({.objective = "binary sigmoid:0.5", .trees = {Constant("2")}}), 0.73105858F);
  EXPECT_FLOAT_EQ(Score({.objective = "cross_entropy", .trees = {Constant("1")}}), 0.73105858F);
  EXPECT_FLOAT_EQ(Score({.objective = "cross_entropy_lambda", .trees = {Constant("0")}}), 0.69314718F);
  EXPECT_FLOAT_EQ(Score({.objective = "lambdarank", .trees = {Constant("-7")}}), -7);
}

TEST(LightgbmModelTest, HasATreeForEachClassInTurn) {
  const std::vector<std::string> trees = {Constant("1"), Constant("2"), Constant("0.5"), Constant("1")};
  const Forest softmax = Read({.classes = 2, .objective = "multiclass num_class:2", .trees = trees});
  const Evaluation result = Evaluate(softmax, std::vector<float>{0, 0, 0});
  EXPECT_THAT(result.margins, testing::ElementsAre(1.5, 3));
  EXPECT_FLOAT_EQ(result.scores[1], 0.81757447F);
  const Forest ova = Read({.classes = 2, .objective = "multiclassova num_class:2 sigmoid:1", .trees = trees});
  EXPECT_FLOAT_EQ(Evaluate(ova, std::vector<float>{0, 0, 0}).scores[0], 0.81757447F);
}

TEST(LightgbmModelTest, AveragesAForest) {
  const Forest forest = Read({.more = "average_output\n", .trees = {Constant("1"), Constant("2"), Constant("6")}});
  EXPECT_EQ(Evaluate(forest, std::vector<float>{0, 0, 0}).scores.at(0), 3);
  EXPECT_EQ(Ask(forest, 0), 9);  // its raw score is of the sum
}

TEST(LightgbmModelTest, ReadsLinesThatEndAsOnWindows) {
  std::string text = File({.trees = {Stump("0.5", 0)}});
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
  const auto forest = ReadLightgbmText(text);
  ASSERT_TRUE(forest.ok()) << forest.status();
  EXPECT_EQ(Ask(*forest, 1), 2);
}

TEST(LightgbmModelTest, NotesThatCategoriesHaveNumbers) {
  FileParts parts{.trees = {Constant("1")}};
  const std::string end = parts.end;
  for (const char* none : {"", "\npandas_categorical:null\n", "\npandas_categorical:[]\n", "\npandas_categorical:"}) {
    parts.end = end + none;
    EXPECT_THAT(Read(parts).notes, testing::IsEmpty()) << none;
  }
  parts.end = end + "\npandas_categorical:[[\"red\", \"blue\"]]\n";
  EXPECT_THAT(Read(parts).notes, testing::ElementsAre(HasSubstr("categories are sent as the numbers")));
}

TEST(LightgbmModelTest, NamesWhatItDoesNotRead) {
  const auto expect = [](const FileParts& parts, std::string_view words) {
    const Status status = Problem(File(parts));
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << status;
    EXPECT_THAT(status.message(), HasSubstr(words));
  };
  expect({.version = "v5", .trees = {Constant("1")}}, "version: expected v2, v3 or v4, found 'v5'");
  expect({.objective = "quantum", .trees = {Constant("1")}}, "objective: LightGBM's 'quantum'");
  expect({.trees = {"num_leaves=1\nnum_cat=0\nleaf_value=1\nis_linear=1\nleaf_const=1\n"}},
         "tree 0: a tree with linear models");
}

TEST(LightgbmModelTest, RefusesATreeThatIsDamaged) {
  const auto expect = [](std::string tree, std::string_view from, std::string_view to, std::string_view words) {
    const size_t at = tree.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    tree.replace(at, from.size(), to);
    const Status status = Problem(File({.trees = {Constant("1"), tree}}));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(status.message(), HasSubstr(words));
    EXPECT_THAT(status.message(), HasSubstr("tree 1: "));
  };
  const std::string stump = Stump("0.5", 0);
  expect(stump, "left_child=-1", "left_child=0", "node 0: expected one way to it, found two");
  expect(stump, "left_child=-1", "left_child=-2", "expected one way to it");
  expect(stump, "left_child=-1", "left_child=-3", "node 0: expected a child from -2 (a leaf) to 0, found -3");
  expect(stump, "left_child=-1", "left_child=1", "found 1");
  expect(stump, "left_child=-1", "left_child=99999999999",
         "left_child: expected a number that fits, found '99999999999' as element 0");
  expect(stump, "num_leaves=2", "num_leaves=3", "leaf_value: expected 3 elements, found 2");
  expect(stump, "num_leaves=2", "num_leaves=4294967295", "leaf_value: expected 4294967295 elements, found 2");
  expect(stump, "num_leaves=2", "num_leaves=0", "num_leaves: expected at least 1");
  expect(stump, "num_leaves=2", "num_leaves=-2", "expected a number that fits");
  expect(stump, "num_leaves=2\n", "", "num_leaves is missing");
  expect(stump, "num_leaves=2\n", "num_leaves=2\nnum_leaves=2\n", "a second 'num_leaves'");
  expect(stump, "threshold=0.5", "threshold=nan", "node 0: threshold: expected a finite number");
  expect(stump, "threshold=0.5", "threshold=half", "threshold: expected a number that fits, found 'half'");
  expect(stump, "threshold=0.5", "threshold=0.5 0.5", "threshold: expected 1 elements, found 2");
  expect(stump, "leaf_value=1 2", "leaf_value=1 inf", "node 1: expected a finite leaf value");
  expect(stump, "split_feature=0", "split_feature=3", "node 0: expected a feature below 3");
  expect(stump, "split_feature=0", "split_feature=-1", "found -1");
  expect(stump, "decision_type=0", "decision_type=12", "decision_type: expected a known one, found 12");
  expect(stump, "decision_type=0", "decision_type=1", "expected a set of categories");
  expect(stump, "split_gain=1", "split_gain", "expected KEY=VALUE");
  const std::string set =
      "num_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\n"
      "right_child=-2\nleaf_value=1 2\ncat_boundaries=0 1\ncat_threshold=1\n";
  expect(set, "cat_boundaries=0 1", "cat_boundaries=0 2", "cat_boundaries: expected numbers that rise from 0 to 1");
  expect(set, "cat_boundaries=0 1", "cat_boundaries=1 0", "cat_boundaries");
  expect(set, "cat_boundaries=0 1", "cat_boundaries=0 0", "node 0: expected at least one category, found none");
  expect(set, "cat_boundaries=0 1", "cat_boundaries=0", "cat_boundaries: expected 2 elements, found 1");
  expect(set, "threshold=0\n", "threshold=1\n", "expected a set of categories from 0 to 0");
}

TEST(LightgbmModelTest, RefusesAFileThatIsDamaged) {
  const std::string whole = File({.trees = {Constant("1"), Stump("0.5", 0)}});
  ASSERT_TRUE(ReadLightgbmText(whole).ok());
  const size_t end = whole.find("end of trees") + std::string_view("end of trees").size();
  for (size_t length = 0; length < end; ++length)
    EXPECT_FALSE(ReadLightgbmText(whole.substr(0, length)).ok()) << length;
  const auto expect = [&whole](std::string_view from, std::string_view to, std::string_view words) {
    std::string text = whole;
    text.replace(text.find(from), from.size(), to);
    const Status status = Problem(text);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(status.message(), HasSubstr(words));
  };
  expect("tree_sizes=", "tree_sizes=9 ", "expected 3 trees");
  expect("Tree=1", "Tree=2", "tree 1: line 18: expected 'Tree=1', found 'Tree=2'");
  expect("max_feature_idx=2", "max_feature_idx=-1", "max_feature_idx: expected a number from 0");
  expect("max_feature_idx=2", "max_feature_idx=2147483647", "max_feature_idx: expected a number from 0");
  expect("max_feature_idx=2\n", "", "max_feature_idx is missing");
  expect("max_feature_idx=2", "max_feature_idx=3", "feature_names: expected 4, one a feature, found 3");
  expect("num_tree_per_iteration=1", "num_tree_per_iteration=0", "num_tree_per_iteration");
  expect("num_tree_per_iteration=1", "num_tree_per_iteration=3", "expected a multiple of 3 trees");
  expect("num_class=1\n", "num_class=1\nnum_class=1\n", "a second 'num_class'");
}

}  // namespace
}  // namespace trireme::treefile
