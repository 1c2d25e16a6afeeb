// SPDX-License-Identifier: Apache-2.0
#include "treefile/testing/check_forest.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "treefile/evaluate.h"

namespace trireme::treefile {
namespace {

void CheckNode(const Forest& forest, const Tree& tree, uint32_t place) {
  const Node& node = forest.nodes[place];
  if (node.kind == Node::Kind::kLeaf) {
    CHECK((uint64_t{node.index} + 1) * forest.leaf_width <= forest.leaf_values.size());
    return;
  }
  const uint32_t end = tree.first_node + tree.node_count;
  CHECK(node.yes > place && node.yes < end && node.no > place && node.no < end && node.yes != node.no);
  CHECK(node.feature >= 0 && static_cast<uint32_t>(node.feature) < forest.width);
  CHECK(!std::isnan(node.threshold));
  if (node.kind == Node::Kind::kInSet) CHECK(node.index < forest.sets.size());
}

void CheckTrees(const Forest& forest) {
  uint32_t next = 0;
  for (const Tree& tree : forest.trees) {
    CHECK(tree.first_node == next && tree.node_count > 0);
    CHECK(tree.output + forest.leaf_width <= forest.outputs);
    next += tree.node_count;
    CHECK(next <= forest.nodes.size());
    for (uint32_t place = tree.first_node; place < next; ++place) CheckNode(forest, tree, place);
  }
  CHECK(next == forest.nodes.size());
}

void CheckLists(const Forest& forest) {
  CHECK(forest.width > 0 && forest.outputs > 0 && forest.base.size() == forest.outputs);
  CHECK(forest.feature_names.empty() || forest.feature_names.size() == forest.width);
  CHECK(forest.leaf_width == 1 || forest.leaf_width == forest.outputs);
  for (const double value : forest.leaf_values) CHECK(std::isfinite(value));
  for (const CategorySet& set : forest.sets) {
    CHECK(uint64_t{set.first_word} + set.word_count <= forest.set_words.size());
  }
}

}  // namespace

void CheckForest(const Result<Forest>& read) {
  if (!read.ok()) {
    const StatusCode code = read.status().code();
    CHECK(code == StatusCode::kInvalidArgument || code == StatusCode::kUnsupported || code == StatusCode::kTooLarge);
    return;
  }
  CheckLists(*read);
  CheckTrees(*read);
  if (read->width > 1000) return;  // rows of any width are as good
  for (const float value : {0.0F, -1.0F, 1e30F, std::numeric_limits<float>::quiet_NaN()}) {
    const Evaluation result = Evaluate(*read, std::vector<float>(read->width, value));
    CHECK(result.leaf_ids.size() == read->trees.size() && result.scores.size() == read->column_count());
  }
}

}  // namespace trireme::treefile
