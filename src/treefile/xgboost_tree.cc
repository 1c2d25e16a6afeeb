// SPDX-License-Identifier: Apache-2.0
#include "treefile/xgboost_tree.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "treefile/members.h"

namespace trireme::treefile {
namespace {

constexpr std::array kTreeMembers = {
    Member{"base_weights", false},
    Member{"categories", false},
    Member{"categories_nodes", false},
    Member{"categories_segments", false},
    Member{"categories_sizes", false},
    Member{"default_left"},
    Member{"id", false},
    Member{"leaf_weights", false},
    Member{"left_children"},
    Member{"right_children"},
    Member{"split_conditions"},
    Member{"split_indices"},
    Member{"split_type", false},
    Member{"tree_param"},
};

constexpr std::array kParameterMembers = {
    Member{"num_nodes"},
    Member{"num_deleted", false},
    Member{"size_leaf_vector", false},
};

constexpr int32_t kNoNode = -1;
constexpr uint8_t kCategorical = 1;

Status WrongLength(std::string_view list, size_t expected, size_t found) {
  return InvalidArgument(std::string(list) + ": expected " + std::to_string(expected) + " elements, found " +
                         std::to_string(found));
}

}  // namespace

template <typename In>
Status XgboostTreeReader::Read(In& in, size_t number) {
  RETURN_IF_ERROR(ReadLists(in, number));
  RETURN_IF_ERROR(CheckLists());
  RETURN_IF_ERROR(SetLeafWidth());
  RETURN_IF_ERROR(MakeNodes());
  return builder_.Add({.nodes = nodes_, .values = values_, .unused_nodes = parameters_.deleted_nodes});
}

template <typename In>
Status XgboostTreeReader::ReadLists(In& in, size_t number) {
  parameters_ = {};
  for (auto* list : {&base_weights_, &leaf_weights_}) list->clear();
  for (auto* list : {&categories_, &category_nodes_}) list->clear();
  for (auto* list : {&segments_, &sizes_}) list->clear();
  split_types_.clear();
  has_leaf_weights_ = false;
  // These weights of every node are of use in multi-output trees alone, which shows at the end of the tree.
  size_t base_weights_at = 0;
  RETURN_IF_ERROR(ForEachMember(in, kTreeMembers, [&](std::string_view name) -> Status {
    if (name == "base_weights") {
      in.Peek();
      base_weights_at = in.offset();
      in.Skip(NonFinite::kAccept);
      return {};
    }
    if (name == "leaf_weights") {
      has_leaf_weights_ = true;
      return ReadArray(in, leaf_weights_, NonFinite::kAccept);
    }
    if (name == "categories") return ReadArray(in, categories_);
    if (name == "categories_nodes") return ReadArray(in, category_nodes_);
    if (name == "categories_segments") return ReadArray(in, segments_);
    if (name == "categories_sizes") return ReadArray(in, sizes_);
    if (name == "default_left") return ReadFlags(in, default_left_);
    if (name == "left_children") return ReadArray(in, left_);
    if (name == "right_children") return ReadArray(in, right_);
    if (name == "split_conditions") return ReadArray(in, conditions_, NonFinite::kAccept);
    if (name == "split_indices") return ReadArray(in, features_);
    if (name == "split_type") return ReadFlags(in, split_types_);
    if (name == "tree_param") return ReadParameters(in);
    const std::optional<int64_t> id = in.ReadInt64();
    if (!id || static_cast<uint64_t>(*id) == number) return {};
    return InvalidArgument("expected " + std::to_string(number) + ", found " + std::to_string(*id));
  }));
  if (parameters_.leaf_width <= 1 || has_leaf_weights_) return {};
  if (base_weights_at == 0) return InvalidArgument("'base_weights' is missing");
  In weights = in.At(base_weights_at);
  return ReadArray(weights, base_weights_, NonFinite::kAccept).Within("base_weights");
}

template <typename In>
Status XgboostTreeReader::ReadParameters(In& in) {
  return ForEachMember(in, kParameterMembers, [&](std::string_view name) {
    uint32_t& value = name == "num_nodes"     ? parameters_.nodes
                      : name == "num_deleted" ? parameters_.deleted_nodes
                                              : parameters_.leaf_width;
    return ReadNumberInString(in, value);
  });
}

// Old versions write true and false, newer ones 1 and 0.
template <typename In>
Status XgboostTreeReader::ReadFlags(In& in, std::vector<uint8_t>& flags) {
  flags.clear();
  if (!in.EnterArray()) return in.status();
  while (in.NextElement()) {
    const bool is_bool = in.Peek() == In::Kind::kBool;
    const size_t at = in.offset();
    const std::optional<uint8_t> flag =
        is_bool ? std::optional<uint8_t>(in.ReadBool().value_or(false)) : in.template ReadAs<uint8_t>();
    if (flag.value_or(0) > 1) in.Refuse(at, "0 or 1");
    if (!in.ok()) break;
    flags.push_back(*flag);
  }
  return in.status();
}

Status XgboostTreeReader::CheckLists() const {
  const size_t count = parameters_.nodes;
  const std::array<std::pair<std::string_view, size_t>, 5> lengths = {{{"left_children", left_.size()},
                                                                       {"right_children", right_.size()},
                                                                       {"split_indices", features_.size()},
                                                                       {"split_conditions", conditions_.size()},
                                                                       {"default_left", default_left_.size()}}};
  for (const auto& [name, length] : lengths) {
    if (length != count) return WrongLength(name, count, length).Within("num_nodes is " + std::to_string(count));
  }
  if (!split_types_.empty() && split_types_.size() != count) {
    return WrongLength("split_type", count, split_types_.size());
  }
  if (segments_.size() != category_nodes_.size()) {
    return WrongLength("categories_segments", category_nodes_.size(), segments_.size());
  }
  if (sizes_.size() != category_nodes_.size()) {
    return WrongLength("categories_sizes", category_nodes_.size(), sizes_.size());
  }
  if (parameters_.deleted_nodes > count) {
    return InvalidArgument("num_deleted: expected at most " + std::to_string(count) + ", found " +
                           std::to_string(parameters_.deleted_nodes));
  }
  if (parameters_.leaf_width <= 1) return {};
  if (has_leaf_weights_) {
    if (leaf_weights_.size() % parameters_.leaf_width == 0) return {};
    return InvalidArgument("leaf_weights: expected a multiple of " + std::to_string(parameters_.leaf_width) +
                           " elements, found " + std::to_string(leaf_weights_.size()));
  }
  const size_t expected = count * parameters_.leaf_width;
  return base_weights_.size() == expected ? Status() : WrongLength("base_weights", expected, base_weights_.size());
}

Status XgboostTreeReader::SetLeafWidth() {
  const uint32_t width = std::max(parameters_.leaf_width, 1U);
  if (forest_.trees.empty()) forest_.leaf_width = width;
  if (forest_.leaf_width == width) return {};
  return InvalidArgument("size_leaf_vector: expected " + std::to_string(forest_.leaf_width) +
                         " as in the trees before it, found " + std::to_string(width));
}

Status XgboostTreeReader::MakeNodes() {
  nodes_.assign(parameters_.nodes, {});
  values_.clear();
  for (uint32_t id = 0; id < parameters_.nodes; ++id) {
    Node& node = nodes_[id];
    node.id = id;
    RETURN_IF_ERROR(left_[id] == kNoNode ? MakeLeaf(id, node) : MakeSplit(id, node));
  }
  return MakeSets();
}

Status XgboostTreeReader::MakeSplit(uint32_t id, Node& node) const {
  if (features_[id] < 0 || features_[id] >= ForestBuilder::kMostFeatures) {
    return NodeProblem(id, "split_indices: expected a feature from 0 to " +
                               std::to_string(ForestBuilder::kMostFeatures - 1) + ", found " +
                               std::to_string(features_[id]));
  }
  node.kind = Node::Kind::kBelow;
  node.feature = static_cast<int32_t>(features_[id]);
  node.threshold = conditions_[id];
  node.missing_goes_yes = default_left_[id] != 0;
  node.yes = static_cast<uint32_t>(left_[id]);
  node.no = static_cast<uint32_t>(right_[id]);
  if (split_types_.empty() || split_types_[id] != kCategorical) return {};
  // What is in the set goes right.
  node.kind = Node::Kind::kInSet;
  node.missing_goes_yes = !node.missing_goes_yes;
  std::swap(node.yes, node.no);
  node.index = UINT32_MAX;  // until it has its set
  return {};
}

Status XgboostTreeReader::MakeLeaf(uint32_t id, Node& node) {
  const uint32_t width = forest_.leaf_width;
  node.index = static_cast<uint32_t>(values_.size() / width);
  if (width == 1) {
    values_.push_back(conditions_[id]);
    return {};
  }
  // With a list of leaves alone, a leaf's right child is its place in the list.
  const std::vector<float>& weights = has_leaf_weights_ ? leaf_weights_ : base_weights_;
  const int64_t place = has_leaf_weights_ ? right_[id] : static_cast<int64_t>(id);
  const auto leaves = static_cast<int64_t>(weights.size() / width);
  if (place < 0 || place >= leaves) {
    return NodeProblem(id, "right_children: expected a leaf's place from 0 to " + std::to_string(leaves - 1) +
                               " in leaf_weights, found " + std::to_string(place));
  }
  values_.insert(values_.end(), weights.begin() + place * width, weights.begin() + (place + 1) * width);
  return {};
}

Status XgboostTreeReader::MakeSets() {
  for (size_t i = 0; i < category_nodes_.size(); ++i) RETURN_IF_ERROR(MakeSet(i));
  for (const Node& node : nodes_) {
    if (node.kind == Node::Kind::kInSet && node.index == UINT32_MAX) {
      return NodeProblem(node.id, "its split_type is 1, and categories_nodes does not name it");
    }
  }
  return {};
}

Status XgboostTreeReader::MakeSet(size_t i) {
  const int32_t id = category_nodes_[i];
  if (id < 0 || static_cast<size_t>(id) >= nodes_.size() || nodes_[id].kind != Node::Kind::kInSet ||
      nodes_[id].index != UINT32_MAX) {
    return InvalidArgument("categories_nodes: expected nodes with split_type 1, each once, found " +
                           std::to_string(id));
  }
  const auto count = static_cast<int64_t>(categories_.size());
  if (segments_[i] < 0 || segments_[i] > count || sizes_[i] < 0 || sizes_[i] > count - segments_[i]) {
    return NodeProblem(id, "expected a part of the " + std::to_string(count) + " categories, found " +
                               std::to_string(sizes_[i]) + " from " + std::to_string(segments_[i]) + " on");
  }
  // XGBoost takes values from here on for no category.
  constexpr int32_t kNoCategory = 1 << 24;
  const auto own = std::span(categories_).subspan(segments_[i], sizes_[i]);
  if (std::any_of(own.begin(), own.end(), [](int32_t category) { return category >= kNoCategory; })) {
    return NodeProblem(id, "expected categories below " + std::to_string(kNoCategory));
  }
  Result<uint32_t> set = builder_.AddSet(own);
  if (!set.ok()) return std::move(set).status().Within("node " + std::to_string(id));
  nodes_[id].index = *set;
  return {};
}

template Status XgboostTreeReader::Read(JsonCursor&, size_t);
template Status XgboostTreeReader::Read(UbjsonCursor&, size_t);

}  // namespace trireme::treefile
