// SPDX-License-Identifier: Apache-2.0
#include "treefile/xgboost_model.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "codec/json_cursor.h"
#include "treefile/members.h"
#include "treefile/ubjson_cursor.h"
#include "treefile/xgboost_objective.h"
#include "treefile/xgboost_tree.h"

namespace trireme::treefile {
namespace {

constexpr std::array kDocumentMembers = {Member{"learner"}, Member{"version", false}};
constexpr std::array kLearnerMembers = {
    Member{"attributes", false}, Member{"feature_names", false}, Member{"feature_types", false},
    Member{"gradient_booster"},  Member{"learner_model_param"},  Member{"objective"},
};
constexpr std::array kAttributeMembers = {Member{"best_iteration", false}};
constexpr std::array kBoosterMembers = {Member{"gbtree", false}, Member{"model", false}, Member{"name"},
                                        Member{"weight_drop", false}};
constexpr std::array kModelMembers = {
    Member{"cats", false},
    Member{"gbtree_model_param", false},
    Member{"iteration_indptr", false},
    Member{"tree_info", false},
    Member{"trees", false},
    Member{"weight_drop", false},
};
constexpr std::array kModelParameterMembers = {Member{"num_parallel_tree", false}, Member{"num_trees", false}};
constexpr std::array kLearnerParameterMembers = {Member{"base_score"}, Member{"num_class", false},
                                                 Member{"num_feature"}, Member{"num_target", false}};
constexpr std::array kObjectiveMembers = {Member{"name"}};
constexpr std::array kCategoryMembers = {Member{"enc", false}};

template <typename In>
class XgboostReader {
 public:
  XgboostReader(std::string_view bytes, const ReadOptions& options)
      : in_(bytes), options_(options), trees_(forest_), builder_(forest_) {}

  Result<Forest> Read(std::string_view encoding) {
    RETURN_IF_ERROR(ReadDocument());
    RETURN_IF_ERROR(SetOutputs());
    RETURN_IF_ERROR(SetWeights());
    RETURN_IF_ERROR(builder_.Check());
    RETURN_IF_ERROR(ApplyXgboostAnswer(answer_, forest_));
    RETURN_IF_ERROR(KeepBest());
    forest_.origin = Forest::Origin::kXgboost;
    forest_.format = "XGBoost " + Version() + std::string(encoding) + ", " + booster_;
    return std::move(forest_);
  }

 private:
  Status ReadDocument() {
    RETURN_IF_ERROR(ForEachMember(in_, kDocumentMembers, [&](std::string_view name) {
      return name == "learner" ? ReadLearner() : ReadArray(in_, answer_.version);
    }));
    in_.Finish();
    return in_.status();
  }

  Status ReadLearner() {
    return ForEachMember(in_, kLearnerMembers, [&](std::string_view name) -> Status {
      if (name == "attributes") return ReadAttributes();
      if (name == "feature_names") return ReadStrings(in_, forest_.feature_names);
      if (name == "feature_types") return ReadStrings(in_, forest_.feature_types);
      if (name == "gradient_booster") return ReadBooster(/*inside_dart=*/false);
      if (name == "learner_model_param") return ReadLearnerParameters();
      return ForEachMember(in_, kObjectiveMembers, [&](std::string_view) { return ReadText(answer_.objective); });
    });
  }

  Status ReadText(std::string& text) {
    if (const auto read = in_.ReadString()) text = *read;
    return in_.status();
  }

  Status ReadAttributes() {
    return ForEachMember(in_, kAttributeMembers, [&](std::string_view) {
      uint32_t best = 0;
      RETURN_IF_ERROR(ReadNumberInString(in_, best));
      best_iteration_ = best;
      return Status();
    });
  }

  // A booster of kind dart has one of kind gbtree inside.
  Status ReadBooster(bool inside_dart) {
    std::string kind;
    RETURN_IF_ERROR(ForEachMember(in_, kBoosterMembers, [&](std::string_view name) -> Status {
      if (name == "name") return ReadText(kind);
      if (name == "model") return ReadModel();
      if (name == "weight_drop") return ReadArray(in_, weights_);
      return inside_dart ? InvalidArgument("expected no booster inside the one inside") : ReadBooster(true);
    }));
    if (kind == "gblinear") return Unsupported("a linear model (gblinear) has no trees");
    if (kind != "gbtree" && kind != "dart") {
      return InvalidArgument("name: expected 'gbtree', 'dart' or 'gblinear', found " + Excerpt(kind));
    }
    if (!has_trees_) return InvalidArgument("'trees' is missing");
    booster_ = kind;
    return {};
  }

  Status ReadModel() {
    return ForEachMember(in_, kModelMembers, [&](std::string_view name) -> Status {
      if (name == "cats") return ReadCategories();
      if (name == "gbtree_model_param") return ReadModelParameters();
      if (name == "iteration_indptr") return ReadArray(in_, iteration_begins_);
      if (name == "tree_info") return ReadArray(in_, tree_outputs_);
      if (name == "weight_drop") return ReadArray(in_, weights_);
      return ReadTrees();
    });
  }

  // Version 3.1 and later keep the names that categories had in training.
  Status ReadCategories() {
    return ForEachMember(in_, kCategoryMembers, [&](std::string_view) {
      if (!in_.EnterArray()) return in_.status();
      bool has_names = false;
      while (in_.NextElement()) {
        has_names = true;
        if (!in_.Skip()) break;
      }
      if (has_names) forest_.notes.emplace_back("categories are sent as the numbers they had in training, not by name");
      return in_.status();
    });
  }

  Status ReadModelParameters() {
    return ForEachMember(in_, kModelParameterMembers, [&](std::string_view name) {
      if (name == "num_parallel_tree") return ReadNumberInString(in_, parallel_trees_);
      uint32_t count = 0;
      RETURN_IF_ERROR(ReadNumberInString(in_, count));
      declared_trees_ = count;
      return Status();
    });
  }

  Status ReadTrees() {
    has_trees_ = true;
    if (!in_.EnterArray()) return in_.status();
    for (size_t i = 0; in_.NextElement(); ++i) {
      Status status = trees_.Read(in_, i);
      if (status.ok()) status = in_.status();
      if (!status.ok()) return std::move(status).Within(TreeName(i));
    }
    return in_.status();
  }

  Status ReadLearnerParameters() {
    return ForEachMember(in_, kLearnerParameterMembers, [&](std::string_view name) {
      if (name == "base_score") return ReadBaseScore();
      uint32_t& value = name == "num_class" ? classes_ : name == "num_target" ? targets_ : forest_.width;
      return ReadNumberInString(in_, value);
    });
  }

  // "5E-1", or since version 3.1 "[5E-1,2E-1]".
  Status ReadBaseScore() {
    const auto text = in_.ReadString();
    if (!text) return in_.status();
    JsonCursor scores(*text);
    if (scores.Peek() == JsonCursor::Kind::kArray) {
      RETURN_IF_ERROR(ReadArray(scores, answer_.base_scores));
    } else if (const std::optional<float> score = scores.ReadAs<float>()) {
      answer_.base_scores = {*score};
    }
    scores.Finish();
    return scores.status();
  }

  Status SetOutputs() {
    const size_t count = forest_.trees.size();
    if (declared_trees_ && *declared_trees_ != count) {
      return InvalidArgument("trees: expected " + std::to_string(*declared_trees_) + " as num_trees says, found " +
                             std::to_string(count));
    }
    if (tree_outputs_.size() != count) {
      return InvalidArgument("tree_info: expected " + std::to_string(count) + " elements, one a tree, found " +
                             std::to_string(tree_outputs_.size()));
    }
    forest_.outputs = std::max({classes_, targets_, 1U});
    if (forest_.outputs > ForestBuilder::kMostOutputs) {
      return TooLarge("num_class, num_target: expected at most " + std::to_string(ForestBuilder::kMostOutputs) +
                      ", found " + std::to_string(forest_.outputs));
    }
    if (count == 0) forest_.leaf_width = 1;
    if (forest_.leaf_width > 1 && forest_.leaf_width != forest_.outputs) {
      return InvalidArgument("size_leaf_vector: expected 1 or " + std::to_string(forest_.outputs) +
                             ", the number of outputs, found " + std::to_string(forest_.leaf_width));
    }
    for (size_t i = 0; i < count; ++i) {
      const int32_t most = forest_.leaf_width > 1 ? 0 : static_cast<int32_t>(forest_.outputs) - 1;
      if (tree_outputs_[i] < 0 || tree_outputs_[i] > most) {
        return InvalidArgument("tree_info: expected an output from 0 to " + std::to_string(most) + ", found " +
                               std::to_string(tree_outputs_[i]) + " of " + TreeName(i));
      }
      forest_.trees[i].output = static_cast<uint32_t>(tree_outputs_[i]);
    }
    return {};
  }

  // DART's: multiplied as float32, as it does itself. Trees beyond the list weigh 1.
  Status SetWeights() {
    if (weights_.size() > forest_.trees.size()) {
      return InvalidArgument("weight_drop: expected at most " + std::to_string(forest_.trees.size()) +
                             " elements, one a tree, found " + std::to_string(weights_.size()));
    }
    for (size_t i = 0; i < weights_.size(); ++i) {
      const Tree& tree = forest_.trees[i];
      for (const Node& node : std::span(forest_.nodes).subspan(tree.first_node, tree.node_count)) {
        if (node.kind != Node::Kind::kLeaf) continue;
        double* values = forest_.leaf_values.data() + size_t{node.index} * forest_.leaf_width;
        for (uint32_t j = 0; j < forest_.leaf_width; ++j) values[j] = static_cast<float>(values[j]) * weights_[i];
      }
    }
    return {};
  }

  Status KeepBest() {
    if (options_.all_iterations || !best_iteration_) return {};
    const uint64_t iterations = uint64_t{*best_iteration_} + 1;
    const uint64_t count = forest_.trees.size();
    uint64_t keep = 0;
    if (iteration_begins_.empty()) {
      const uint32_t groups = forest_.leaf_width > 1 ? 1 : forest_.outputs;
      keep = iterations * std::max(parallel_trees_, 1U) * groups;
    } else if (iterations >= iteration_begins_.size()) {
      return {};
    } else if (const int64_t begin = iteration_begins_[iterations]; begin >= 0) {
      keep = static_cast<uint64_t>(begin);
    } else {
      return InvalidArgument("iteration_indptr: expected numbers of trees, found " + std::to_string(begin));
    }
    if (keep >= count) return {};
    forest_.notes.push_back("has " + std::to_string(count) + " trees, and is served with the first " +
                            std::to_string(keep) + ", up to its best iteration");
    builder_.KeepTrees(keep);
    return {};
  }

  // With a blank behind it; empty for files without one.
  std::string Version() const {
    std::string text;
    for (const int32_t part : answer_.version) text += (text.empty() ? "" : ".") + std::to_string(part);
    return text.empty() ? text : text + " ";
  }

  In in_;
  const ReadOptions options_;
  Forest forest_;
  XgboostTreeReader trees_;
  ForestBuilder builder_;

  XgboostAnswer answer_;
  std::string booster_;
  std::optional<uint32_t> best_iteration_;
  std::optional<uint32_t> declared_trees_;
  uint32_t parallel_trees_ = 1;
  uint32_t classes_ = 0;
  uint32_t targets_ = 0;
  bool has_trees_ = false;
  std::vector<float> weights_;
  std::vector<int32_t> tree_outputs_;      // "tree_info"
  std::vector<int64_t> iteration_begins_;  // "iteration_indptr": the first tree of each, and the end
};

}  // namespace

Result<Forest> ReadXgboostJson(std::string_view text, const ReadOptions& options) {
  return XgboostReader<JsonCursor>(text, options).Read("JSON");
}

Result<Forest> ReadXgboostUbjson(std::string_view bytes, const ReadOptions& options) {
  return XgboostReader<UbjsonCursor>(bytes, options).Read("UBJSON");
}

}  // namespace trireme::treefile
