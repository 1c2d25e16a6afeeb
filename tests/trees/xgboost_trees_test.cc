// SPDX-License-Identifier: Apache-2.0
// What is read of XGBoost's files predicts what XGBoost predicts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "treefile/evaluate.h"
#include "treefile/read_forest.h"
#include "xgboost_booster.h"

namespace trireme {
namespace {

using treefile::Evaluation;
using treefile::FileKind;
using treefile::Forest;

constexpr size_t kWidth = 8;

enum class Labels : uint8_t { kBinary, kClasses, kReal, kCounts, kPositive, kSurvival, kRanks };

struct Case {
  std::string name;
  TrainingParameters parameters;
  int rounds = 10;
  Labels labels = Labels::kReal;
  bool has_missing = false;
  bool has_categories = false;
  size_t rows = 400;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

float LabelOf(Labels kind, float signal, float noise) {
  switch (kind) {
    case Labels::kBinary:
      return signal + noise / 2 > 0 ? 1 : 0;
    case Labels::kClasses:
      return static_cast<float>((signal > -0.5F) + (signal > 0.5F) + (noise > 0.4F));
    case Labels::kCounts:
      return std::floor(std::exp(signal));
    case Labels::kPositive:
      return std::exp(signal) + 0.1F;
    case Labels::kSurvival:  // below 0: right-censored
      return (noise > 0.3F ? -1.0F : 1.0F) * (std::exp(signal) + 0.1F);
    case Labels::kRanks:
      return signal > 0.5F ? 2 : signal > -0.5F ? 1 : 0;
    default:
      return signal + noise;
  }
}

TrainingRows MakeRows(const Case& c) {
  std::mt19937 random(7);
  const auto uniform = [&random] { return static_cast<float>(random() % 20001) / 10000.0F - 1.0F; };
  TrainingRows rows{.width = kWidth, .values = {}, .labels = {}, .groups = {}};
  for (size_t i = 0; i < c.rows; ++i) {
    std::vector<float> row;
    for (size_t f = 0; f < kWidth; ++f) row.push_back(uniform());
    if (c.has_categories) {
      row[1] = static_cast<float>(random() % 40);
      row[4] = static_cast<float>(random() % 3);
    }
    const float category = c.has_categories ? static_cast<float>(static_cast<int>(row[1]) % 5) / 5 + row[4] : row[1];
    const float signal = row[0] * 1.5F + category * row[2] - row[3] * row[3] + (row[5] > 0.2F ? 0.5F : -0.2F);
    rows.labels.push_back(LabelOf(c.labels, signal, uniform()));
    for (float& value : row) {
      if (c.has_missing && random() % 5 == 0) value = std::numeric_limits<float>::quiet_NaN();
    }
    rows.values.insert(rows.values.end(), row.begin(), row.end());
  }
  if (c.labels == Labels::kRanks) rows.groups.assign(c.rows / 20, 20);
  if (c.has_categories) rows.types = {"q", "c", "q", "q", "c", "q", "q", "q"};
  return rows;
}

Forest Read(const std::string& bytes, const treefile::ReadOptions& options = {}) {
  Result<Forest> forest = treefile::ReadForest(bytes, options);
  EXPECT_TRUE(forest.ok()) << forest.status();
  return forest.ok() ? std::move(forest).value() : Forest();
}

// DART adds up with its weights in an order of its own; everything else is equal to the last bit.
void ExpectMargin(double margin, float expected, bool is_exact) {
  if (is_exact) {
    EXPECT_EQ(static_cast<float>(margin), expected);
  } else {
    EXPECT_NEAR(margin, expected, 1e-6 * std::max(1.0, std::fabs(static_cast<double>(expected))));
  }
}

void ExpectSame(const Forest& forest, const TrainingRows& rows, const XgboostBooster& booster, bool is_exact,
                int iterations = 0) {
  const std::vector<float> margins = booster.Margins(iterations);
  const std::vector<float> scores = booster.Scores(iterations);
  // XGBoost divides by the number of trees here.
  const std::vector<float> leaves = forest.trees.empty() ? std::vector<float>() : booster.Leaves(iterations);
  ASSERT_EQ(margins.size(), rows.count() * forest.outputs);
  ASSERT_EQ(scores.size(), rows.count() * forest.column_count());
  ASSERT_EQ(leaves.size(), rows.count() * forest.trees.size());
  for (size_t i = 0; i < rows.count() && !testing::Test::HasFailure(); ++i) {
    const Evaluation result = Evaluate(forest, {rows.row(i), rows.width});
    for (size_t j = 0; j < forest.outputs; ++j) {
      ExpectMargin(result.margins[j], margins[i * forest.outputs + j], is_exact);
    }
    for (size_t j = 0; j < result.scores.size(); ++j) {
      const float expected = scores[i * result.scores.size() + j];
      EXPECT_NEAR(result.scores[j], expected, 1e-6 * std::max(1.0F, std::fabs(expected)));
      if (is_exact && forest.transform == treefile::Transform::kSoftmax) {
        EXPECT_EQ(result.scores[j], expected);
      }
    }
    for (size_t j = 0; j < forest.trees.size(); ++j) {
      EXPECT_EQ(static_cast<float>(result.leaf_ids[j]), leaves[i * forest.trees.size() + j]);
    }
  }
}

class XgboostTrees : public testing::TestWithParam<Case> {};

TEST_P(XgboostTrees, PredictWhatXgboostPredicts) {
  const Case& c = GetParam();
  const TrainingRows rows = MakeRows(c);
  const XgboostBooster booster(rows, c.parameters, c.rounds);
  const bool is_dart = c.parameters.contains("booster");
  for (const char* file : {"m.json", "m.ubj"}) {
    SCOPED_TRACE(file);
    ExpectSame(Read(booster.Saved(file)), rows, booster, /*is_exact=*/!is_dart);
  }
}

std::vector<Case> Cases() {
  std::vector<Case> cases = {
      {"regression", {{"objective", "reg:squarederror"}, {"base_score", "0.3"}}},
      {"binary", {{"objective", "binary:logistic"}, {"base_score", "0.3"}}, 50, Labels::kBinary},
      {"logitraw", {{"objective", "binary:logitraw"}, {"base_score", "0.3"}}, 10, Labels::kBinary},
      {"logistic_regression", {{"objective", "reg:logistic"}}, 10, Labels::kBinary},
      {"hinge", {{"objective", "binary:hinge"}}, 10, Labels::kBinary},
      {"softprob", {{"objective", "multi:softprob"}, {"num_class", "4"}}, 20, Labels::kClasses},
      {"softmax", {{"objective", "multi:softmax"}, {"num_class", "4"}}, 20, Labels::kClasses},
      {"poisson", {{"objective", "count:poisson"}, {"base_score", "1.7"}}, 10, Labels::kCounts},
      {"gamma", {{"objective", "reg:gamma"}, {"base_score", "1.7"}}, 10, Labels::kPositive},
      {"tweedie", {{"objective", "reg:tweedie"}, {"base_score", "1.7"}}, 10, Labels::kCounts},
      {"cox", {{"objective", "survival:cox"}}, 10, Labels::kSurvival},
      {"pseudohuber", {{"objective", "reg:pseudohubererror"}}},
      {"absolute", {{"objective", "reg:absoluteerror"}}},
      {"squaredlog", {{"objective", "reg:squaredlogerror"}}, 10, Labels::kPositive},
      {"rank_pairwise", {{"objective", "rank:pairwise"}}, 10, Labels::kRanks},
      {"rank_ndcg", {{"objective", "rank:ndcg"}}, 10, Labels::kRanks},
      {"rank_map", {{"objective", "rank:map"}}, 10, Labels::kBinary},
      {"missing", {{"objective", "binary:logistic"}}, 30, Labels::kBinary, true},
      {"missing_classes", {{"objective", "multi:softprob"}, {"num_class", "4"}}, 10, Labels::kClasses, true},
      {"forest",
       {{"objective", "binary:logistic"}, {"num_parallel_tree", "25"}, {"subsample", "0.7"}, {"eta", "1"}},
       1,
       Labels::kBinary},
      {"boosted_forests",
       {{"objective", "multi:softprob"}, {"num_class", "4"}, {"num_parallel_tree", "3"}},
       6,
       Labels::kClasses},
      {"dart",
       {{"booster", "dart"}, {"objective", "binary:logistic"}, {"rate_drop", "0.3"}, {"skip_drop", "0.2"}},
       30,
       Labels::kBinary},
      {"dart_classes",
       {{"booster", "dart"}, {"objective", "multi:softprob"}, {"num_class", "4"}, {"rate_drop", "0.3"}},
       10,
       Labels::kClasses},
      {"categories_one_by_one",
       {{"objective", "reg:squarederror"}, {"tree_method", "hist"}, {"max_cat_to_onehot", "64"}},
       20,
       Labels::kReal,
       true,
       true},
      {"categories_in_sets",
       {{"objective", "reg:squarederror"}, {"tree_method", "hist"}, {"max_cat_to_onehot", "2"}},
       20,
       Labels::kReal,
       true,
       true},
      {"pruned",
       {{"objective", "reg:squarederror"},
        {"tree_method", "exact"},
        {"gamma", "2"},
        {"updater", "grow_colmaker,prune"}},
       10,
       Labels::kReal,
       true},
      {"unfitted", {{"objective", "reg:squarederror"}, {"base_score", "0.25"}}, 0},
      {"many_trees",
       {{"objective", "reg:squarederror"}, {"max_depth", "2"}, {"eta", "0.05"}},
       2000,
       Labels::kReal,
       true,
       false,
       200},
  };
  for (const int depth : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) {
    cases.push_back(
        {"depth_" + std::to_string(depth),
         {{"objective", "reg:squarederror"}, {"max_depth", std::to_string(depth)}, {"min_child_weight", "0"}},
         8,
         Labels::kReal,
         true,
         false,
         3000});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, XgboostTrees, testing::ValuesIn(Cases()),
                         [](const auto& made) { return made.param.name; });

TEST(XgboostTreesTest, PredictSurvivalTimes) {
  TrainingRows rows = MakeRows({.name = "aft", .parameters = {}, .labels = Labels::kPositive});
  rows.lower_bounds = rows.labels;
  rows.upper_bounds = rows.labels;
  const XgboostBooster booster(rows, {{"objective", "survival:aft"}, {"base_score", "1.5"}}, 10);
  ExpectSame(Read(booster.Saved("m.json")), rows, booster, true);
}

TEST(XgboostTreesTest, StopAtTheBestIterationUnlessAllAreWanted) {
  const Case c = {
      "best", {{"objective", "multi:softprob"}, {"num_class", "4"}, {"num_parallel_tree", "2"}}, 10, Labels::kClasses};
  const TrainingRows rows = MakeRows(c);
  XgboostBooster booster(rows, c.parameters, c.rounds);
  booster.SetAttribute("best_iteration", "6");
  const std::string file = booster.Saved("m.ubj");
  const Forest best = Read(file);
  EXPECT_EQ(best.trees.size(), 7U * 2 * 4);
  ExpectSame(best, rows, booster, true, 7);
  const Forest all = Read(file, {.all_iterations = true});
  EXPECT_EQ(all.trees.size(), 10U * 2 * 4);
  ExpectSame(all, rows, booster, true);
}

// Categories that were not there in training, and values that are none.
TEST(XgboostTreesTest, SendStrangeCategoriesWhereXgboostDoes) {
  Case c = {"strange",
            {{"objective", "reg:squarederror"}, {"tree_method", "hist"}, {"max_cat_to_onehot", "2"}},
            10,
            Labels::kReal};
  c.has_categories = true;
  const TrainingRows rows = MakeRows(c);
  const XgboostBooster booster(rows, c.parameters, c.rounds);
  const Forest forest = Read(booster.Saved("m.json"));
  TrainingRows asked = rows;
  const float strange[] = {1.5F, 39.9F, 40,      77,          1e6F,        16777215.0F, 3.999F,
                           0,    -1.0F, -0.001F, 16777216.0F, 16777218.0F, 1e30F};
  for (size_t i = 0; i < asked.count(); ++i) asked.values[i * kWidth + 1] = strange[i % std::size(strange)];
  const std::vector<float> expected = booster.MarginsOf(asked);
  for (size_t i = 0; i < asked.count(); ++i) {
    EXPECT_EQ(static_cast<float>(Evaluate(forest, {asked.row(i), kWidth}).margins[0]), expected[i]) << "row " << i;
  }
}

TEST(XgboostTreesTest, AreRecognisedByTheirBeginning) {
  const Case c = {"kinds", {{"objective", "binary:logistic"}}, 10, Labels::kBinary};
  const XgboostBooster booster(MakeRows(c), c.parameters, c.rounds);
  const auto kind_of = [&booster](const char* name) {
    const std::string bytes = booster.Saved(name);
    return treefile::ProbeTreeFile(std::string_view(bytes).substr(0, treefile::kProbeBytes), bytes.size());
  };
  EXPECT_EQ(kind_of("m.json"), FileKind::kXgboostJson);
  EXPECT_EQ(kind_of("m.ubj"), FileKind::kXgboostUbjson);
  EXPECT_EQ(kind_of("m.bin"), FileKind::kXgboostBinary);
  const auto binary = treefile::ReadForest(booster.Saved("m.bin"));
  EXPECT_EQ(binary.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(binary.status().message(), testing::HasSubstr("booster.save_model(\"model.json\")"));
}

TEST(XgboostTreesTest, NameALinearModel) {
  const Case c = {"linear", {{"booster", "gblinear"}}};
  const XgboostBooster booster(MakeRows(c), c.parameters, 3);
  for (const char* file : {"m.json", "m.ubj"}) {
    const auto forest = treefile::ReadForest(booster.Saved(file));
    EXPECT_EQ(forest.status().code(), StatusCode::kUnsupported);
    EXPECT_THAT(forest.status().message(), testing::HasSubstr("gblinear"));
  }
}

}  // namespace
}  // namespace trireme
