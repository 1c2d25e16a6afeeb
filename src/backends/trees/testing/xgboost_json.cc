// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/testing/xgboost_json.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/check.h"

namespace trireme::trees {
namespace {

using treefile::Forest;
using treefile::Node;
using treefile::Tree;

std::string Text(float number) {
  CHECK(std::isfinite(number));
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), number).ptr};
}

template <typename TextOf>
std::string List(const Forest& forest, const Tree& tree, const TextOf& text_of) {
  std::string list;
  for (uint32_t i = 0; i < tree.node_count; ++i) {
    list += (i > 0 ? "," : "") + text_of(forest.nodes[tree.first_node + i]);
  }
  return "[" + list + "]";
}

std::string TreeText(const Forest& forest, const Tree& tree, size_t number) {
  const auto child = [&](const Node& node, uint32_t at) {
    return node.kind == Node::Kind::kLeaf ? "-1" : std::to_string(at - tree.first_node);
  };
  const auto zeros = List(forest, tree, [](const Node&) { return std::string("0"); });
  std::string parents = "2147483647";
  for (uint32_t i = 1; i < tree.node_count; ++i) {
    uint32_t parent = 0;
    while (forest.nodes[tree.first_node + parent].yes != tree.first_node + i &&
           forest.nodes[tree.first_node + parent].no != tree.first_node + i) {
      ++parent;
    }
    parents += "," + std::to_string(parent);
  }
  return R"({"id":)" + std::to_string(number) + R"(,"left_children":)" +
         List(forest, tree, [&](const Node& node) { return child(node, node.yes); }) + R"(,"right_children":)" +
         List(forest, tree, [&](const Node& node) { return child(node, node.no); }) + R"(,"parents":[)" + parents +
         R"(],"split_indices":)" + List(forest, tree, [](const Node& node) { return std::to_string(node.feature); }) +
         R"(,"split_conditions":)" +
         List(forest, tree,
              [&](const Node& node) {
                const bool is_leaf = node.kind == Node::Kind::kLeaf;
                return Text(is_leaf ? static_cast<float>(forest.leaf_values[node.index]) : node.threshold);
              }) +
         R"(,"default_left":)" +
         List(forest, tree, [](const Node& node) { return std::string(node.missing_goes_yes ? "1" : "0"); }) +
         R"(,"split_type":)" + zeros + R"(,"base_weights":)" + zeros + R"(,"loss_changes":)" + zeros +
         R"(,"sum_hessian":)" + zeros +
         R"(,"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"tree_param":)" +
         R"({"num_deleted":"0","num_feature":")" + std::to_string(forest.width) + R"(","num_nodes":")" +
         std::to_string(tree.node_count) + R"(","size_leaf_vector":"0"}})";
}

}  // namespace

std::string XgboostJson(const Forest& forest, std::string_view objective) {
  std::string trees;
  std::string info;
  for (size_t i = 0; i < forest.trees.size(); ++i) {
    trees += (i > 0 ? "," : "") + TreeText(forest, forest.trees[i], i);
    info += i > 0 ? ",0" : "0";
  }
  const std::string count = std::to_string(forest.trees.size());
  return R"({"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":{"model":)"
         R"({"gbtree_model_param":{"num_parallel_tree":"1","num_trees":")" +
         count + R"("},"tree_info":[)" + info + R"(],"trees":[)" + trees +
         R"(]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":")" +
         std::to_string(forest.width) + R"(","num_target":"1"},"objective":{"name":")" + std::string(objective) +
         R"("}},"version":[1,7,4]})";
}

}  // namespace trireme::trees
