// SPDX-License-Identifier: Apache-2.0
#include "treefile/forest_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trireme::treefile {

// A node that is to come, and where it hangs.
struct ForestBuilder::Way {
  uint32_t node = 0;    // of the file
  uint32_t parent = 0;  // of the forest
  bool is_yes = false;
  uint32_t depth = 0;  // 0: the root
};

Status NodeProblem(uint32_t id, std::string_view what) {
  return InvalidArgument("node " + std::to_string(id) + ": " + std::string(what));
}

std::string TreeName(size_t number) {
  return "tree " + std::to_string(number);
}

Status ForestBuilder::CheckNode(const FileTree& tree, const Node& node) const {
  const size_t count = tree.nodes.size();
  if (node.kind == Node::Kind::kLeaf) {
    const auto values = tree.values.subspan(size_t{node.index} * forest_.leaf_width, forest_.leaf_width);
    const auto bad = std::find_if_not(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
    if (bad == values.end()) return {};
    return NodeProblem(node.id, "expected a finite leaf value, found " + std::to_string(*bad));
  }
  for (const uint32_t child : {node.yes, node.no}) {
    if (child >= count) {
      return NodeProblem(node.id, "expected children below " + std::to_string(count) + ", the number of nodes, found " +
                                      std::to_string(static_cast<int32_t>(child)));
    }
  }
  if (node.feature < 0) {
    return NodeProblem(node.id, "expected a feature from 0 on, found " + std::to_string(node.feature));
  }
  if (node.kind == Node::Kind::kBelow && std::isnan(node.threshold)) {
    return NodeProblem(node.id, "expected a number as threshold, found NaN");
  }
  return {};
}

Status ForestBuilder::Append(const FileTree& tree, const Way& way, std::vector<bool>& reached) {
  Node node = tree.nodes[way.node];
  if (reached[way.node]) {
    return NodeProblem(node.id, "expected one way to it, found two: it has two parents, or is below itself");
  }
  reached[way.node] = true;
  RETURN_IF_ERROR(CheckNode(tree, node));
  if (node.kind == Node::Kind::kLeaf) {
    const auto values = tree.values.subspan(size_t{node.index} * forest_.leaf_width, forest_.leaf_width);
    node.index = static_cast<uint32_t>(forest_.leaf_values.size() / forest_.leaf_width);
    forest_.leaf_values.insert(forest_.leaf_values.end(), values.begin(), values.end());
  }
  const auto place = static_cast<uint32_t>(forest_.nodes.size());
  if (way.depth > 0) (way.is_yes ? forest_.nodes[way.parent].yes : forest_.nodes[way.parent].no) = place;
  forest_.nodes.push_back(node);
  return {};
}

Status ForestBuilder::Add(const FileTree& tree) {
  const size_t count = tree.nodes.size();
  if (count > kMostNodes - forest_.nodes.size()) {
    return TooLarge("the model has more than " + std::to_string(kMostNodes) + " nodes");
  }
  const size_t leaf_values = forest_.leaf_values.size() + count * forest_.leaf_width;
  if (leaf_values > kMostLeafValues) {
    return TooLarge("the model has more than " + std::to_string(kMostLeafValues) + " leaf values");
  }
  if (tree.root >= count) return InvalidArgument("expected at least one node, found none");
  Tree added{.first_node = static_cast<uint32_t>(forest_.nodes.size()), .output = tree.output};
  std::vector<bool> reached(count);
  std::vector<Way> ways = {{.node = tree.root}};
  while (!ways.empty()) {
    const Way way = ways.back();
    ways.pop_back();
    const auto place = static_cast<uint32_t>(forest_.nodes.size());
    RETURN_IF_ERROR(Append(tree, way, reached));
    added.depth = std::max(added.depth, way.depth);
    const Node& node = tree.nodes[way.node];
    if (node.kind == Node::Kind::kLeaf) continue;
    // The way of yes is gone first, so that this child lies next to its parent.
    ways.push_back({.node = node.no, .parent = place, .is_yes = false, .depth = way.depth + 1});
    ways.push_back({.node = node.yes, .parent = place, .is_yes = true, .depth = way.depth + 1});
  }
  added.node_count = static_cast<uint32_t>(forest_.nodes.size()) - added.first_node;
  if (added.node_count + uint64_t{tree.unused_nodes} != count) {
    return InvalidArgument("expected that its root leads to " + std::to_string(count - tree.unused_nodes) +
                           " nodes, found " + std::to_string(added.node_count));
  }
  forest_.trees.push_back(added);
  return {};
}

Result<uint32_t> ForestBuilder::AddSet(std::span<const int32_t> categories) {
  if (categories.empty()) return InvalidArgument("expected at least one category, found none");
  const auto [least, largest] = std::minmax_element(categories.begin(), categories.end());
  if (*least < 0) return InvalidArgument("expected categories from 0 on, found " + std::to_string(*least));
  const uint32_t word_count = static_cast<uint32_t>(*largest) / 32 + 1;
  if (word_count > kMostSetWords - forest_.set_words.size()) {
    return TooLarge("the sets of categories take more than " + std::to_string(kMostSetWords * size_t{4}) +
                    " bytes: category " + std::to_string(*largest));
  }
  std::vector<uint32_t> words(word_count);
  for (const int32_t category : categories) words[category / 32] |= 1U << (category % 32);
  return AddSetOfWords(words);
}

Result<uint32_t> ForestBuilder::AddSetOfWords(std::span<const uint32_t> words) {
  if (words.empty()) return InvalidArgument("expected at least one category, found none");
  if (words.size() > kMostSetWords - forest_.set_words.size()) {
    return TooLarge("the sets of categories take more than " + std::to_string(kMostSetWords * size_t{4}) + " bytes");
  }
  forest_.sets.push_back({.first_word = static_cast<uint32_t>(forest_.set_words.size()),
                          .word_count = static_cast<uint32_t>(words.size())});
  forest_.set_words.insert(forest_.set_words.end(), words.begin(), words.end());
  return static_cast<uint32_t>(forest_.sets.size() - 1);
}

void ForestBuilder::KeepTrees(size_t count) {
  if (count >= forest_.trees.size()) return;
  // Leaves lie in the order of nodes, so the first one that goes tells which values go.
  const uint32_t first_node = forest_.trees[count].first_node;
  const auto leaf = std::find_if(forest_.nodes.begin() + first_node, forest_.nodes.end(),
                                 [](const Node& node) { return node.kind == Node::Kind::kLeaf; });
  forest_.leaf_values.resize(size_t{leaf->index} * forest_.leaf_width);
  forest_.nodes.resize(first_node);
  forest_.trees.resize(count);
}

Status ForestBuilder::Check() const {
  if (forest_.width == 0) return InvalidArgument("expected at least one feature, found 0");
  if (forest_.width > kMostFeatures) {
    return TooLarge("expected at most " + std::to_string(kMostFeatures) + " features, found " +
                    std::to_string(forest_.width));
  }
  for (const auto* list : {&forest_.feature_names, &forest_.feature_types}) {
    if (list->empty() || list->size() == forest_.width) continue;
    return InvalidArgument(std::string(list == &forest_.feature_names ? "feature_names" : "feature_types") +
                           ": expected " + std::to_string(forest_.width) + ", one a feature, found " +
                           std::to_string(list->size()));
  }
  for (size_t t = 0; t < forest_.trees.size(); ++t) {
    const Tree& tree = forest_.trees[t];
    for (const Node& node : std::span(forest_.nodes).subspan(tree.first_node, tree.node_count)) {
      if (node.kind == Node::Kind::kLeaf || static_cast<uint32_t>(node.feature) < forest_.width) continue;
      return NodeProblem(node.id, "expected a feature below " + std::to_string(forest_.width) +
                                      ", the number of features, found " + std::to_string(node.feature))
          .Within(TreeName(t));
    }
  }
  return {};
}

}  // namespace trireme::treefile
