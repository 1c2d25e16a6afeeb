// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "treefile/forest_builder.h"
#include "treefile/onnx_attributes.h"

namespace trireme::treefile {

// Where the attributes of a tree operator have what its leaves give: "class" or "target" begins their names.
struct OnnxLeafNames {
  std::string_view tree_ids, node_ids, outputs, weights;
};

inline constexpr OnnxLeafNames kClassLeaves = {"class_treeids", "class_nodeids", "class_ids", "class_weights"};
inline constexpr OnnxLeafNames kTargetLeaves = {"target_treeids", "target_nodeids", "target_ids", "target_weights"};

// Reads the trees of a TreeEnsembleClassifier or TreeEnsembleRegressor: lists of all nodes of all trees, and lists of
// what the leaves give.
class OnnxTreeReader {
 public:
  OnnxTreeReader(const OnnxAttributes& attributes, const OnnxLeafNames& names, Forest& forest)
      : attributes_(attributes), names_(names), forest_(forest), builder_(forest) {}

  // Adds all trees, with leaves of one value where each tree has one output, else with vectors of Forest::outputs,
  // which is set.
  Status Read();

  // Once they are read.
  bool has_negative_weight() const { return has_negative_weight_; }
  // Whether every row gets something from some leaf for every output.
  bool is_every_output_met() const;
  // Whether every leaf gives something for every output of its tree.
  bool is_every_leaf_full() const { return is_every_leaf_full_; }
  // The outputs that leaves give something for.
  bool is_output_used(uint32_t output) const { return used_outputs_[output]; }

 private:
  // What a leaf gives for an output.
  struct Weight {
    uint32_t node = 0;  // among all nodes
    uint32_t output = 0;
    float value = 0;
  };
  // The nodes of a tree, which lie in one piece.
  struct Run {
    int64_t tree_id = 0;
    size_t begin = 0;
    size_t end = 0;
    bool is_sorted_by_id = true;  // its node ids are 0, 1, 2 ...
    std::span<const Weight> weights = {};
    std::optional<uint32_t> only_output = {};
  };

  Status FindRuns();
  Status SortIds(Run& run);
  std::optional<uint32_t> FindNode(const Run& run, int64_t node_id) const;
  Status ReadWeights();
  Status DealWeights();
  Status ChooseLeafWidth();
  Status AddTree(const Run& run);
  Status MakeSplit(const Run& run, size_t i, Node& node) const;
  Status MakeLeaf(std::span<const Weight>& weights, size_t i, Node& node);

  const OnnxAttributes& attributes_;
  const OnnxLeafNames names_;
  Forest& forest_;
  ForestBuilder builder_;

  std::vector<Run> runs_;
  std::vector<std::pair<int64_t, uint32_t>> ids_;  // node ids with places in their tree, sorted within each tree
  std::vector<Weight> weights_;                    // in the order of nodes
  std::vector<bool> used_outputs_;
  bool has_negative_weight_ = false;
  bool is_every_leaf_full_ = true;

  std::vector<Node> nodes_;
  std::vector<double> values_;
};

}  // namespace trireme::treefile
