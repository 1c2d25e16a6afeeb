// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "backends/trees/testing/random_forest.h"
#include "treefile/evaluate.h"
#include "treefile/read_forest.h"

namespace trireme::trees {
namespace {

using treefile::Forest;
using treefile::Transform;

std::vector<InstructionSet> AllSets() {
  std::vector<InstructionSet> sets;
  for (const char* name : {"scalar", "avx2", "avx512"}) {
    if (const auto set = ParseInstructionSet(name); set.ok()) sets.push_back(*set);
  }
  return sets;
}

struct Scored {
  std::vector<float> scores;
  std::vector<float> margins;
  std::vector<int32_t> leaf_ids;
  std::vector<uint32_t> labels;
};

Scored Score(const Scorer& scorer, std::span<const float> rows) {
  const Forest& forest = scorer.forest();
  const size_t count = rows.size() / forest.width;
  Scored scored{.scores = std::vector<float>(count * forest.column_count()),
                .margins = std::vector<float>(count * forest.outputs),
                .leaf_ids = std::vector<int32_t>(count * scorer.tree_count()),
                .labels = std::vector<uint32_t>(count)};
  scorer.Score(
      rows, {.scores = scored.scores, .margins = scored.margins, .leaf_ids = scored.leaf_ids, .labels = scored.labels});
  return scored;
}

Scored EvaluateAll(const Forest& forest, std::span<const float> rows) {
  Scored scored;
  for (size_t begin = 0; begin < rows.size(); begin += forest.width) {
    const treefile::Evaluation row = treefile::Evaluate(forest, rows.subspan(begin, forest.width));
    scored.scores.insert(scored.scores.end(), row.scores.begin(), row.scores.end());
    for (const double margin : row.margins) scored.margins.push_back(static_cast<float>(margin));
    for (const uint32_t id : row.leaf_ids) scored.leaf_ids.push_back(static_cast<int32_t>(id));
    scored.labels.push_back(static_cast<uint32_t>(row.label));
  }
  return scored;
}

bool SameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// To the last bit, with every instruction set, whichever rows come together.
void ExpectAsEvaluated(const Forest& forest, std::span<const float> rows, const std::string& what) {
  const Scored expected = EvaluateAll(forest, rows);
  for (const InstructionSet set : AllSets()) {
    const Result<Scorer> scorer = Scorer::Make(forest, {.instruction_set = set, .with_leaf_ids = true});
    ASSERT_TRUE(scorer.ok()) << scorer.status();
    const std::string where = what + ", " + std::string(Name(set));
    const Scored all = Score(*scorer, rows);
    EXPECT_EQ(all.leaf_ids, expected.leaf_ids) << where;
    EXPECT_TRUE(SameBits(all.margins, expected.margins)) << where;
    EXPECT_TRUE(SameBits(all.scores, expected.scores)) << where;
    EXPECT_EQ(all.labels, expected.labels) << where;
    const size_t columns = forest.column_count();
    for (size_t row = 0; row < std::min<size_t>(3, rows.size() / forest.width); ++row) {
      const Scored one = Score(*scorer, rows.subspan(row * forest.width, forest.width));
      EXPECT_TRUE(SameBits(one.scores, std::span(all.scores).subspan(row * columns, columns))) << where;
    }
  }
}

TEST(Scorer, IsTheEvaluatorForTreesOfAnyDepth) {
  for (uint32_t depth = 0; depth <= 14; ++depth) {
    const uint32_t trees = depth < 9 ? 1 + 37 * depth : 5;
    const RandomForestOptions options{.trees = trees, .most_depth = depth, .width = 28};
    const Forest forest = RandomForest(options, depth);
    ExpectAsEvaluated(forest, RandomRows(28, 40, 0, depth), "depth " + std::to_string(depth));
    ExpectAsEvaluated(forest, RandomRows(28, 40, 0.2, depth), "depth " + std::to_string(depth) + ", missing");
  }
}

TEST(Scorer, IsTheEvaluatorForRaggedTrees) {
  for (const uint32_t depth : {3U, 9U, 30U}) {
    for (const double early : {0.05, 0.3, 0.45}) {
      const RandomForestOptions options{
          .trees = 7, .most_depth = std::min(depth, early < 0.2 ? 11U : depth), .leaf_early = early, .width = 12};
      const Forest forest = RandomForest(options, depth);
      ExpectAsEvaluated(forest, RandomRows(12, 30, 0.1, depth), std::to_string(depth) + " / " + std::to_string(early));
    }
  }
}

TEST(Scorer, IsTheEvaluatorForRowsOfAnyWidth) {
  for (const uint32_t width : {1U, 7U, 8U, 9U, 16U, 17U, 32U, 33U, 64U, 65U, 128U, 129U, 1000U, 70'000U}) {
    const RandomForestOptions options{.trees = 60, .most_depth = 6, .width = width};
    const Forest forest = RandomForest(options, width);
    ExpectAsEvaluated(forest, RandomRows(width, 5, 0.1, width), "width " + std::to_string(width));
  }
}

TEST(Scorer, IsTheEvaluatorForCategoriesAndZeros) {
  for (const auto origin : {Forest::Origin::kXgboost, Forest::Origin::kLightgbm, Forest::Origin::kOnnx}) {
    for (const uint32_t width : {9U, 300U}) {
      RandomForestOptions options{.origin = origin, .trees = 40, .most_depth = 7, .leaf_early = 0.1, .width = width};
      options.in_set = 0.3;
      ExpectAsEvaluated(RandomForest(options, 1), RandomRows(width, 50, 0.1, 1), "sets");
      options.zero_is_missing = 0.3;
      ExpectAsEvaluated(RandomForest(options, 2), RandomRows(width, 50, 0.1, 2), "sets and zeros");
      options.in_set = options.zero_is_missing = 0;
      options.zero_features = 4;
      ExpectAsEvaluated(RandomForest(options, 3), RandomRows(width, 50, 0.1, 3), "features of zeros");
    }
  }
}

TEST(Scorer, IsTheEvaluatorForSeveralSums) {
  for (const auto origin : {Forest::Origin::kXgboost, Forest::Origin::kLightgbm, Forest::Origin::kOnnx}) {
    for (const bool vectors : {false, true}) {
      const RandomForestOptions options{.origin = origin, .trees = 33, .outputs = 3, .vector_leaves = vectors};
      Forest forest = RandomForest(options, 5);
      forest.divide_by = 3;
      for (const auto aggregate : {Forest::Aggregate::kSum, Forest::Aggregate::kMin, Forest::Aggregate::kMax}) {
        forest.aggregate = aggregate;
        for (const auto transform : {Transform::kIdentity, Transform::kSoftmax, Transform::kArgmax, Transform::kExp}) {
          forest.transform = transform;
          ExpectAsEvaluated(forest, RandomRows(10, 300, 0.1, 5), "sums");
        }
      }
    }
  }
}

TEST(Scorer, IsTheEvaluatorForProbabilitiesOfTwoClasses) {
  Forest forest = RandomForest({.trees = 20}, 6);
  forest.transform = Transform::kLogistic;
  ExpectAsEvaluated(forest, RandomRows(10, 700, 0.1, 6), "logistic");
  forest.columns = treefile::Columns::kComplement;
  forest.transform = Transform::kIdentity;
  ExpectAsEvaluated(forest, RandomRows(10, 20, 0.1, 7), "complement");
}

TEST(Scorer, TreesWhoseZerosAreMissingAreFull) {
  EXPECT_TRUE(Scorer::Make(RandomForest({.width = 9, .zero_features = 9}, 3), {})->is_full());
  EXPECT_FALSE(Scorer::Make(RandomForest({.width = 9, .zero_is_missing = 0.3}, 3), {})->is_full());
}

TEST(Scorer, GivesWhatIsWantedOnly) {
  const Scorer scorer = Scorer::Make(RandomForest({}, 8), {}).value();
  const std::vector<float> rows = RandomRows(10, 3, 0, 8);
  std::vector<float> margins(3);
  scorer.Score(rows, {.scores = {}, .margins = margins, .leaf_ids = {}, .labels = {}});
  std::vector<float> scores(3);
  scorer.Score(rows, {.scores = scores, .margins = {}, .leaf_ids = {}, .labels = {}});
  EXPECT_EQ(scores, margins);
  scorer.Score({}, {});
}

TEST(Scorer, TakesMemoryInProportionToTheSplits) {
  // A chain 3,000 splits deep: full it would have no end.
  Forest chain = RandomForest({.trees = 1, .most_depth = 0}, 9);
  chain.nodes.clear();
  for (uint32_t i = 0; i < 3000; ++i) {
    chain.nodes.push_back({.kind = treefile::Node::Kind::kBelow, .threshold = 1, .yes = 2 * i + 1, .no = 2 * i + 2});
    chain.nodes.push_back({});
  }
  chain.nodes.push_back({});
  chain.trees[0] = {.first_node = 0, .node_count = 6001, .depth = 3000};
  for (const Forest& forest : {chain, RandomForest({.trees = 20, .most_depth = 18, .leaf_early = 0.3}, 9)}) {
    const Scorer scorer = Scorer::Make(forest, {}).value();
    EXPECT_LE(scorer.bytes(), forest.nodes.size() / 2 * (64 + 32) + 64 * forest.trees.size());
    ExpectAsEvaluated(forest, RandomRows(10, 3, 0, 9), "deep");
  }
}

TEST(Scorer, AMillionLevelsAreScored) {
  constexpr int kSplits = 1'000'000;
  const auto list = [](const char* key, auto value_of, int count) {
    std::string text = key;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "=" : " ") + std::to_string(value_of(i));
    return text + "\n";
  };
  const auto zero = [](int) { return 0; };
  const auto next = [](int i) { return i + 1 < kSplits ? i + 1 : -kSplits - 1; };
  const std::string text =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\nobjective="
      "regression\n"
      "feature_names=x\nfeature_infos=none\n\nTree=0\nnum_leaves=" +
      std::to_string(kSplits + 1) + "\nnum_cat=0\n" + list("split_feature", zero, kSplits) +
      list(
          "threshold", [](int i) { return i; }, kSplits) +
      list("decision_type", zero, kSplits) +
      list(
          "left_child", [](int i) { return -i - 1; }, kSplits) +
      list("right_child", next, kSplits) +
      list(
          "leaf_value", [](int i) { return i; }, kSplits + 1) +
      "\nend of trees\n";
  Result<Forest> forest = treefile::ReadForest(text);
  ASSERT_TRUE(forest.ok()) << forest.status();
  EXPECT_EQ(forest->trees[0].depth, static_cast<uint32_t>(kSplits));
  const std::vector<float> rows = {1e9F, 400'000.5F, -1};
  for (const InstructionSet set : AllSets()) {
    const Scorer scorer = Scorer::Make(*forest, {.instruction_set = set, .with_leaf_ids = true}).value();
    EXPECT_EQ(Score(scorer, rows).margins, (std::vector<float>{kSplits, 400'001, 0}));
  }
}

TEST(Scorer, TreesOfOneDepthAreFull) {
  EXPECT_TRUE(Scorer::Make(RandomForest({.most_depth = 9}, 10), {})->is_full());
  EXPECT_TRUE(Scorer::Make(RandomForest({.most_depth = 6, .leaf_early = 0.05}, 10), {})->is_full());
  EXPECT_FALSE(Scorer::Make(RandomForest({.most_depth = 9, .leaf_early = 0.4}, 10), {})->is_full());
  EXPECT_FALSE(Scorer::Make(RandomForest({.trees = 3, .most_depth = 10}, 10), {})->is_full());
}

TEST(InstructionSet, IsOneThatTheProcessorHas) {
  EXPECT_EQ(ParseInstructionSet("auto").value(), BestInstructionSet());
  EXPECT_EQ(ParseInstructionSet("scalar").value(), InstructionSet::kScalar);
  const auto wrong = ParseInstructionSet("sse9");
  EXPECT_EQ(wrong.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(wrong.status().message(), testing::HasSubstr("expected auto, scalar, avx2 or avx512, found 'sse9'"));
}

TEST(InstructionSet, WideRowsGoTheScalarWay) {
  EXPECT_EQ(ChooseWalk(BestInstructionSet(), 129).set, InstructionSet::kScalar);
  EXPECT_EQ(ChooseWalk(BestInstructionSet(), 8).set, BestInstructionSet());
}

}  // namespace
}  // namespace trireme::trees
