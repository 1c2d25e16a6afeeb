// SPDX-License-Identifier: Apache-2.0
#include "treefile/forest_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace trireme::treefile {
namespace {

using testing::HasSubstr;

Node Split(uint32_t id, uint32_t yes, uint32_t no, int32_t feature = 0, float threshold = 0) {
  return {.kind = Node::Kind::kBelow, .feature = feature, .threshold = threshold, .yes = yes, .no = no, .id = id};
}

Node Leaf(uint32_t id, uint32_t index) {
  return {.index = index, .id = id};
}

std::string Problem(const std::vector<Node>& nodes, const std::vector<double>& values = {1, 2, 3}) {
  Forest forest;
  const Status status = ForestBuilder(forest).Add({.nodes = nodes, .values = values});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  return status.message();
}

TEST(ForestBuilderTest, PutsParentsFirstAndTheChildOfYesNext) {
  Forest forest;
  ForestBuilder builder(forest);
  // The root is the third node of the file.
  const std::vector<Node> nodes = {Leaf(0, 0), Split(1, 4, 0), Split(2, 1, 3), Leaf(3, 1), Leaf(4, 2)};
  const std::vector<double> values = {10, 30, 40};
  ASSERT_TRUE(builder.Add({.nodes = nodes, .values = values, .root = 2, .output = 5}).ok());
  ASSERT_EQ(forest.trees.size(), 1U);
  EXPECT_EQ(forest.trees[0].node_count, 5U);
  EXPECT_EQ(forest.trees[0].depth, 2U);
  EXPECT_EQ(forest.trees[0].output, 5U);
  std::vector<uint32_t> ids;
  for (const Node& node : forest.nodes) ids.push_back(node.id);
  EXPECT_THAT(ids, testing::ElementsAre(2, 1, 4, 0, 3));
  EXPECT_EQ(forest.nodes[0].yes, 1U);
  EXPECT_EQ(forest.nodes[0].no, 4U);
  EXPECT_THAT(forest.leaf_values, testing::ElementsAre(40, 10, 30));
  EXPECT_EQ(forest.nodes[4].index, 2U);
}

TEST(ForestBuilderTest, TakesAMillionSplitsBelowOneAnother) {
  constexpr uint32_t kDepth = 1000000;
  std::vector<Node> nodes;
  for (uint32_t i = 0; i < kDepth; ++i) nodes.push_back(Split(i, i + 1, kDepth + 1 + i));
  for (uint32_t i = 0; i <= kDepth; ++i) nodes.push_back(Leaf(kDepth + i, 0));
  Forest forest;
  const std::vector<double> values = {1};
  ASSERT_TRUE(ForestBuilder(forest).Add({.nodes = nodes, .values = values}).ok());
  EXPECT_EQ(forest.trees[0].depth, kDepth);
}

TEST(ForestBuilderTest, RefusesWhatIsNoTree) {
  EXPECT_THAT(Problem({}), HasSubstr("at least one node"));
  EXPECT_THAT(Problem({Split(7, 0, 1), Leaf(8, 0)}), HasSubstr("node 7: expected one way to it, found two"));
  EXPECT_THAT(Problem({Split(7, 1, 1), Leaf(8, 0)}), HasSubstr("node 8: expected one way to it, found two"));
  EXPECT_THAT(Problem({Split(7, 1, 2), Split(8, 0, 2), Leaf(9, 0)}), HasSubstr("expected one way to it"));
  EXPECT_THAT(Problem({Split(7, 1, 9), Leaf(8, 0)}),
              HasSubstr("node 7: expected children below 2, the number of nodes, found 9"));
  EXPECT_THAT(Problem({Split(7, 1, UINT32_MAX), Leaf(8, 0)}), HasSubstr("found -1"));
  EXPECT_THAT(Problem({Leaf(7, 0), Leaf(8, 0)}), HasSubstr("expected that its root leads to 2 nodes, found 1"));
}

TEST(ForestBuilderTest, RefusesWhatIsNoNumber) {
  EXPECT_THAT(Problem({Split(7, 1, 2, 0, NAN), Leaf(8, 0), Leaf(9, 1)}),
              HasSubstr("node 7: expected a number as threshold"));
  EXPECT_THAT(Problem({Split(7, 1, 2, -1), Leaf(8, 0), Leaf(9, 1)}),
              HasSubstr("node 7: expected a feature from 0 on, found -1"));
  EXPECT_THAT(Problem({Leaf(7, 1)}, {1, INFINITY}), HasSubstr("node 7: expected a finite leaf value, found inf"));
  EXPECT_THAT(Problem({Leaf(7, 0)}, {NAN}), HasSubstr("expected a finite leaf value, found nan"));
}

TEST(ForestBuilderTest, RefusesFeaturesBeyondTheWidth) {
  Forest forest;
  ForestBuilder builder(forest);
  const std::vector<Node> nodes = {Split(0, 1, 2, 3), Leaf(1, 0), Leaf(2, 0)};
  const std::vector<double> values = {1};
  ASSERT_TRUE(builder.Add({.nodes = nodes, .values = values}).ok());
  forest.width = 4;
  EXPECT_TRUE(builder.Check().ok());
  forest.width = 3;
  EXPECT_THAT(builder.Check().message(),
              HasSubstr("tree 0: node 0: expected a feature below 3, the number of features, found 3"));
  forest.width = 0;
  EXPECT_THAT(builder.Check().message(), HasSubstr("at least one feature"));
  forest.width = 1U << 25;
  EXPECT_EQ(builder.Check().code(), StatusCode::kTooLarge);
  forest.width = 4;
  forest.feature_names = {"a", "b"};
  EXPECT_THAT(builder.Check().message(), HasSubstr("feature_names: expected 4, one a feature, found 2"));
}

TEST(ForestBuilderTest, BoundsSetsOfCategoriesBeforeItTakesMemory) {
  Forest forest;
  ForestBuilder builder(forest);
  const std::vector<int32_t> categories = {1, 33, 34};
  const Result<uint32_t> set = builder.AddSet(categories);
  ASSERT_TRUE(set.ok());
  EXPECT_THAT(forest.set_words, testing::ElementsAre(2, 6));
  const std::vector<int32_t> far = {INT32_MAX};
  EXPECT_EQ(builder.AddSet(far).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(builder.AddSet({}).status().code(), StatusCode::kInvalidArgument);
  const std::vector<int32_t> negative = {-1, 3};
  EXPECT_THAT(builder.AddSet(negative).status().message(), HasSubstr("found -1"));
}

TEST(ForestBuilderTest, ForgetsTheTreesBehind) {
  Forest forest;
  ForestBuilder builder(forest);
  const std::vector<Node> nodes = {Split(0, 1, 2), Leaf(1, 0), Leaf(2, 1)};
  for (int i = 0; i < 3; ++i) {
    const std::vector<double> values = {i + 0.25, i + 0.5};
    ASSERT_TRUE(builder.Add({.nodes = nodes, .values = values}).ok());
  }
  builder.KeepTrees(2);
  EXPECT_EQ(forest.trees.size(), 2U);
  EXPECT_EQ(forest.nodes.size(), 6U);
  EXPECT_THAT(forest.leaf_values, testing::ElementsAre(0.25, 0.5, 1.25, 1.5));
}

}  // namespace
}  // namespace trireme::treefile
