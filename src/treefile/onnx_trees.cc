// SPDX-License-Identifier: Apache-2.0
#include "treefile/onnx_trees.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/excerpt.h"
#include "treefile/threshold.h"

namespace trireme::treefile {
namespace {

// Of leaves that are written out as vectors: 256 MiB.
constexpr size_t kMostVectorValues = size_t{1} << 25;

std::string NodeName(int64_t tree_id, int64_t node_id) {
  return "tree " + std::to_string(tree_id) + ": node " + std::to_string(node_id);
}

}  // namespace

Status OnnxTreeReader::Read() {
  used_outputs_.assign(forest_.outputs, false);
  RETURN_IF_ERROR(FindRuns());
  RETURN_IF_ERROR(ReadWeights());
  RETURN_IF_ERROR(DealWeights());
  RETURN_IF_ERROR(ChooseLeafWidth());
  for (const Run& run : runs_) {
    Status status = AddTree(run);
    if (!status.ok()) return std::move(status).Within(TreeName(run.tree_id));
  }
  return {};
}

bool OnnxTreeReader::is_every_output_met() const {
  const bool is_used = std::find(used_outputs_.begin(), used_outputs_.end(), false) == used_outputs_.end();
  return is_used && is_every_leaf_full_;
}

Status OnnxTreeReader::FindRuns() {
  const std::vector<int64_t>& trees = attributes_.Ints("nodes_treeids");
  for (const std::string_view name : {"nodes_nodeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids",
                                      "nodes_modes", "nodes_values", "nodes_missing_value_tracks_true"}) {
    const size_t length = name == "nodes_modes"    ? attributes_.Texts(name).size()
                          : name == "nodes_values" ? attributes_.Floats(name).size()
                                                   : attributes_.Ints(name).size();
    if (length == trees.size() || (length == 0 && name == "nodes_missing_value_tracks_true")) continue;
    return InvalidArgument(std::string(name) + ": expected " + std::to_string(trees.size()) +
                           " elements, as many as nodes_treeids has, found " + std::to_string(length));
  }
  if (trees.size() > ForestBuilder::kMostNodes) return TooLarge("nodes_treeids: more nodes than fit");
  ids_.reserve(trees.size());
  std::unordered_set<int64_t> seen;
  for (size_t begin = 0; begin < trees.size();) {
    Run run = {.tree_id = trees[begin], .begin = begin};
    run.end = begin + 1;
    while (run.end < trees.size() && trees[run.end] == run.tree_id) ++run.end;
    if (!seen.insert(run.tree_id).second) {
      return Unsupported("nodes_treeids: the nodes of tree " + std::to_string(run.tree_id) + " do not lie together");
    }
    RETURN_IF_ERROR(SortIds(run));
    begin = run.end;
    runs_.push_back(run);
  }
  return {};
}

Status OnnxTreeReader::SortIds(Run& run) {
  const std::vector<int64_t>& node_ids = attributes_.Ints("nodes_nodeids");
  for (size_t i = run.begin; i < run.end; ++i) {
    if (node_ids[i] < 0 || node_ids[i] > UINT32_MAX) {
      return InvalidArgument("nodes_nodeids: expected numbers from 0 to 4294967295, found " +
                             std::to_string(node_ids[i]));
    }
    const auto place = static_cast<uint32_t>(i - run.begin);
    run.is_sorted_by_id = run.is_sorted_by_id && node_ids[i] == place;
    ids_.emplace_back(node_ids[i], place);
  }
  if (run.is_sorted_by_id) return {};
  const auto begin = ids_.begin() + static_cast<ptrdiff_t>(run.begin);
  std::sort(begin, ids_.end());
  const auto twin = std::adjacent_find(begin, ids_.end(), [](auto& a, auto& b) { return a.first == b.first; });
  if (twin == ids_.end()) return {};
  return InvalidArgument(NodeName(run.tree_id, twin->first) + " is there twice");
}

// Its place in the tree.
std::optional<uint32_t> OnnxTreeReader::FindNode(const Run& run, int64_t node_id) const {
  const size_t count = run.end - run.begin;
  if (run.is_sorted_by_id) {
    if (node_id < 0 || static_cast<uint64_t>(node_id) >= count) return std::nullopt;
    return static_cast<uint32_t>(node_id);
  }
  const auto ids = std::span(ids_).subspan(run.begin, count);
  const auto found = std::lower_bound(ids.begin(), ids.end(), std::pair(node_id, uint32_t{0}));
  if (found == ids.end() || found->first != node_id) return std::nullopt;
  return found->second;
}

Status OnnxTreeReader::ReadWeights() {
  const std::vector<int64_t>& trees = attributes_.Ints(names_.tree_ids);
  const std::vector<int64_t>& node_ids = attributes_.Ints(names_.node_ids);
  const std::vector<int64_t>& outputs = attributes_.Ints(names_.outputs);
  const std::vector<float>& values = attributes_.Floats(names_.weights);
  for (const auto& [name, length] :
       {std::pair(names_.node_ids, node_ids.size()), std::pair(names_.outputs, outputs.size()),
        std::pair(names_.weights, values.size())}) {
    if (length == trees.size()) continue;
    return InvalidArgument(std::string(name) + ": expected " + std::to_string(trees.size()) + " elements, as many as " +
                           std::string(names_.tree_ids) + " has, found " + std::to_string(length));
  }
  std::unordered_map<int64_t, size_t> run_of_tree;
  for (size_t i = 0; i < runs_.size(); ++i) run_of_tree.emplace(runs_[i].tree_id, i);
  weights_.reserve(trees.size());
  for (size_t i = 0; i < trees.size(); ++i) {
    const auto run = run_of_tree.find(trees[i]);
    const std::optional<uint32_t> node =
        run == run_of_tree.end() ? std::nullopt : FindNode(runs_[run->second], node_ids[i]);
    if (!node) return InvalidArgument(NodeName(trees[i], node_ids[i]) + " is given a weight, and is not there");
    if (outputs[i] < 0 || outputs[i] >= forest_.outputs) {
      return InvalidArgument(NodeName(trees[i], node_ids[i]) + ": " + std::string(names_.outputs) +
                             ": expected a number from 0 to " + std::to_string(forest_.outputs - 1) + ", found " +
                             std::to_string(outputs[i]));
    }
    const auto output = static_cast<uint32_t>(outputs[i]);
    used_outputs_[output] = true;
    has_negative_weight_ = has_negative_weight_ || values[i] < 0;
    weights_.push_back({static_cast<uint32_t>(runs_[run->second].begin + *node), output, values[i]});
  }
  return {};
}

// Gives each tree its own weights, and sees which trees have one output.
Status OnnxTreeReader::DealWeights() {
  const auto before = [](const Weight& a, const Weight& b) {
    return std::pair(a.node, a.output) < std::pair(b.node, b.output);
  };
  if (!std::is_sorted(weights_.begin(), weights_.end(), before)) {
    std::sort(weights_.begin(), weights_.end(), before);
  }
  const auto twin = std::adjacent_find(weights_.begin(), weights_.end(), [](const Weight& a, const Weight& b) {
    return a.node == b.node && a.output == b.output;
  });
  if (twin != weights_.end()) {
    return Unsupported("leaf " + std::to_string(attributes_.Ints("nodes_nodeids")[twin->node]) +
                       " gives two weights for one output");
  }
  size_t begin = 0;
  for (Run& run : runs_) {
    size_t end = begin;
    while (end < weights_.size() && weights_[end].node < run.end) ++end;
    run.weights = std::span(weights_).subspan(begin, end - begin);
    begin = end;
    const bool is_one = std::all_of(run.weights.begin(), run.weights.end(),
                                    [&](const Weight& w) { return w.output == run.weights.front().output; });
    if (is_one) run.only_output = run.weights.empty() ? 0 : run.weights.front().output;
  }
  return {};
}

Status OnnxTreeReader::ChooseLeafWidth() {
  const bool is_scalar = std::all_of(runs_.begin(), runs_.end(), [](const Run& run) { return run.only_output; });
  forest_.leaf_width = is_scalar ? 1 : forest_.outputs;
  const std::vector<std::string_view>& modes = attributes_.Texts("nodes_modes");
  const size_t leaves = std::count(modes.begin(), modes.end(), "LEAF");
  if (is_scalar || leaves <= kMostVectorValues / forest_.outputs) return {};
  return Unsupported("leaves of " + std::to_string(forest_.outputs) + " values, " + std::to_string(leaves) +
                     " of them, take more than " + std::to_string(kMostVectorValues) + " values");
}

Status OnnxTreeReader::AddTree(const Run& run) {
  const std::vector<std::string_view>& modes = attributes_.Texts("nodes_modes");
  const std::vector<int64_t>& node_ids = attributes_.Ints("nodes_nodeids");
  nodes_.assign(run.end - run.begin, {});
  values_.clear();
  std::span<const Weight> weights = run.weights;
  for (size_t i = run.begin; i < run.end; ++i) {
    Node& node = nodes_[i - run.begin];
    node.id = static_cast<uint32_t>(node_ids[i]);
    RETURN_IF_ERROR(modes[i] == "LEAF" ? MakeLeaf(weights, i, node) : MakeSplit(run, i, node));
  }
  if (!weights.empty()) {
    return NodeProblem(nodes_[weights.front().node - run.begin].id, "is given a weight, and is no leaf");
  }
  const uint32_t output = forest_.leaf_width == 1 ? *run.only_output : 0;
  return builder_.Add({.nodes = nodes_, .values = values_, .output = output});
}

// Takes the leaf's own weights off the front, which are in the order of nodes.
Status OnnxTreeReader::MakeLeaf(std::span<const Weight>& weights, size_t i, Node& node) {
  const uint32_t width = forest_.leaf_width;
  node.index = static_cast<uint32_t>(values_.size() / width);
  values_.resize(values_.size() + width, 0);
  size_t count = 0;
  while (count < weights.size() && weights[count].node == i) {
    const Weight& weight = weights[count++];
    values_[size_t{node.index} * width + (width == 1 ? 0 : weight.output)] = weight.value;
  }
  weights = weights.subspan(count);
  if (count < width) is_every_leaf_full_ = false;
  if (!weights.empty() && weights.front().node < i) {
    const auto id = static_cast<uint32_t>(attributes_.Ints("nodes_nodeids")[weights.front().node]);
    return NodeProblem(id, "is given a weight, and is no leaf");
  }
  return {};
}

Status OnnxTreeReader::MakeSplit(const Run& run, size_t i, Node& node) const {
  const std::string_view mode = attributes_.Texts("nodes_modes")[i];
  const bool is_or_equal = mode == "BRANCH_LEQ" || mode == "BRANCH_GT";  // the threshold itself is below it
  const bool is_above = mode == "BRANCH_GT" || mode == "BRANCH_GTE";
  if (!is_or_equal && !is_above && mode != "BRANCH_LT") {
    return Unsupported("node " + std::to_string(node.id) + ": compares by " + Excerpt(mode, 40));
  }
  const int64_t feature = attributes_.Ints("nodes_featureids")[i];
  if (feature < 0 || feature >= ForestBuilder::kMostFeatures) {
    return NodeProblem(node.id, "nodes_featureids: expected a feature from 0 to " +
                                    std::to_string(ForestBuilder::kMostFeatures - 1) + ", found " +
                                    std::to_string(feature));
  }
  const float bound = attributes_.Floats("nodes_values")[i];
  const std::optional<float> threshold = is_or_equal ? ThresholdFor(bound) : std::optional<float>(bound);
  if (!threshold && bound > 0) {
    return Unsupported("node " + std::to_string(node.id) + ": compares with infinity");
  }
  const std::vector<int64_t>& missing = attributes_.Ints("nodes_missing_value_tracks_true");
  const bool missing_is_true = !missing.empty() && missing[i] == 1;
  const int64_t true_id = attributes_.Ints("nodes_truenodeids")[i];
  const int64_t false_id = attributes_.Ints("nodes_falsenodeids")[i];
  node.kind = Node::Kind::kBelow;
  node.feature = static_cast<int32_t>(feature);
  node.threshold = threshold.value_or(bound);
  // "x > t" is what "x <= t" is not, but of NaN neither is true.
  node.missing_goes_yes = missing_is_true != is_above;
  node.yes = FindNode(run, is_above ? false_id : true_id).value_or(UINT32_MAX);
  node.no = FindNode(run, is_above ? true_id : false_id).value_or(UINT32_MAX);
  return {};
}

}  // namespace trireme::treefile
