// SPDX-License-Identifier: Apache-2.0
#include "treefile/lightgbm_tree.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "treefile/threshold.h"

namespace trireme::treefile {
namespace {

// Bits of decision_type.
constexpr int kCategorical = 1;
constexpr int kDefaultLeft = 2;
constexpr int kMissingShift = 2;
constexpr int kMissingMask = 3;

// What a split takes for missing.
constexpr int kNothing = 0;  // NaN is 0
constexpr int kZero = 1;     // what is nearly zero, and NaN
constexpr int kNan = 2;

Status WrongLength(std::string_view list, size_t expected, size_t found) {
  return InvalidArgument(std::string(list) + ": expected " + std::to_string(expected) + " elements, found " +
                         std::to_string(found));
}

// LightGBM takes what is nearly zero for zero before it compares. A threshold among these values is as good as one at
// their end, which float32 comparisons without that step understand.
float PastZero(float threshold) {
  constexpr float kBound = Forest::kZeroBound;
  const float past = std::nextafter(kBound, 1.0F);
  if (threshold > -kBound && threshold <= 0) return -kBound;
  return threshold > 0 && threshold <= past ? past : threshold;
}

}  // namespace

Status LightgbmTreeReader::Read(TextLines& lines, uint32_t output) {
  RETURN_IF_ERROR(ReadLists(lines));
  RETURN_IF_ERROR(CheckLists());
  RETURN_IF_ERROR(MakeNodes());
  return builder_.Add({.nodes = nodes_, .values = leaf_values_, .output = output});
}

Status LightgbmTreeReader::ReadLists(TextLines& lines) {
  leaves_ = sets_ = 0;
  is_linear_ = false;
  for (auto* list : {&features_, &left_, &right_, &decisions_}) list->clear();
  for (auto* list : {&thresholds_, &leaf_values_}) list->clear();
  set_begins_.clear();
  set_words_.clear();
  std::set<std::string_view> seen;
  while (const std::optional<std::string_view> line = lines.Next()) {
    if (line->empty()) break;
    const std::string place = "line " + std::to_string(lines.number());
    const size_t equals = line->find('=');
    if (equals == std::string_view::npos) {
      return InvalidArgument("expected KEY=VALUE, found " + Excerpt(*line, 40)).Within(place);
    }
    const std::string_view key = line->substr(0, equals);
    if (!seen.insert(key).second) {
      return InvalidArgument("expected each key once, found a second " + Excerpt(key, 40)).Within(place);
    }
    Status status = ReadList(key, line->substr(equals + 1));
    if (!status.ok()) return std::move(status).Within(key).Within(place);
  }
  for (const std::string_view key : {"num_leaves", "num_cat", "leaf_value"}) {
    if (!seen.contains(key)) return InvalidArgument(std::string(key) + " is missing");
  }
  return {};
}

Status LightgbmTreeReader::ReadList(std::string_view key, std::string_view text) {
  if (key == "num_leaves") return ReadNumber(text, leaves_);
  if (key == "num_cat") return ReadNumber(text, sets_);
  if (key == "split_feature") return ReadNumberList(text, features_);
  if (key == "threshold") return ReadNumberList(text, thresholds_);
  if (key == "decision_type") return ReadNumberList(text, decisions_);
  if (key == "left_child") return ReadNumberList(text, left_);
  if (key == "right_child") return ReadNumberList(text, right_);
  if (key == "leaf_value") return ReadNumberList(text, leaf_values_);
  if (key == "cat_boundaries") return ReadNumberList(text, set_begins_);
  if (key == "cat_threshold") return ReadNumberList(text, set_words_);
  if (key != "is_linear") return {};
  int is_linear = 0;
  RETURN_IF_ERROR(ReadNumber(text, is_linear));
  is_linear_ = is_linear != 0;
  return {};
}

Status LightgbmTreeReader::CheckLists() const {
  if (is_linear_) return Unsupported("a tree with linear models in its leaves (linear_tree)");
  if (leaves_ == 0) return InvalidArgument("num_leaves: expected at least 1, found 0");
  if (leaf_values_.size() != leaves_) return WrongLength("leaf_value", leaves_, leaf_values_.size());
  if (leaves_ == 1) return {};  // LightGBM writes lists of splits for it now and then, and looks at none
  const size_t splits = leaves_ - 1;
  const std::array<std::pair<std::string_view, size_t>, 4> lengths = {{{"split_feature", features_.size()},
                                                                       {"threshold", thresholds_.size()},
                                                                       {"left_child", left_.size()},
                                                                       {"right_child", right_.size()}}};
  for (const auto& [name, length] : lengths) {
    if (length != splits) return WrongLength(name, splits, length);
  }
  if (!decisions_.empty() && decisions_.size() != splits) {
    return WrongLength("decision_type", splits, decisions_.size());
  }
  if (sets_ == 0) return {};
  if (set_begins_.size() != size_t{sets_} + 1)
    return WrongLength("cat_boundaries", size_t{sets_} + 1, set_begins_.size());
  const auto words = static_cast<int64_t>(set_words_.size());
  for (size_t i = 0; i < set_begins_.size(); ++i) {
    const int64_t least = i == 0 ? 0 : set_begins_[i - 1];
    if (set_begins_[i] < least || set_begins_[i] > words) {
      return InvalidArgument("cat_boundaries: expected numbers that rise from 0 to " + std::to_string(words) +
                             ", the elements of cat_threshold, found " + std::to_string(set_begins_[i]) +
                             " as element " + std::to_string(i));
    }
  }
  return {};
}

uint32_t LightgbmTreeReader::Child(int32_t child) const {
  if (child >= 0) return static_cast<uint32_t>(child) < leaves_ - 1 ? static_cast<uint32_t>(child) : UINT32_MAX;
  const auto leaf = static_cast<uint32_t>(~child);
  return leaf < leaves_ ? leaves_ - 1 + leaf : UINT32_MAX;
}

Status LightgbmTreeReader::MakeNodes() {
  const uint32_t splits = leaves_ - 1;
  nodes_.assign(size_t{splits} + leaves_, {});
  for (uint32_t i = 0; i < splits; ++i) RETURN_IF_ERROR(MakeSplit(i));
  for (uint32_t leaf = 0; leaf < leaves_; ++leaf) {
    nodes_[splits + leaf].index = leaf;
    nodes_[splits + leaf].id = leaf;
  }
  return {};
}

Status LightgbmTreeReader::MakeSplit(uint32_t i) {
  Node& node = nodes_[i];
  node.id = i;
  node.feature = features_[i];
  node.yes = Child(left_[i]);
  node.no = Child(right_[i]);
  for (const auto& [child, place] : {std::pair(left_[i], node.yes), std::pair(right_[i], node.no)}) {
    if (place != UINT32_MAX) continue;
    return NodeProblem(i, "expected a child from -" + std::to_string(leaves_) + " (a leaf) to " +
                              std::to_string(leaves_ - 2) + ", found " + std::to_string(child));
  }
  const int decision = decisions_.empty() ? 0 : decisions_[i];
  const int missing = decision >> kMissingShift & kMissingMask;
  if (decision < 0 || decision > 0xF || missing > kNan) {
    return NodeProblem(i, "decision_type: expected a known one, found " + std::to_string(decision));
  }
  if ((decision & kCategorical) != 0) return MakeSet(i, node);
  node.missing_goes_yes = (decision & kDefaultLeft) != 0;
  return MakeThreshold(i, missing, node);
}

Status LightgbmTreeReader::MakeThreshold(uint32_t i, int missing, Node& node) const {
  const std::optional<float> threshold = ThresholdFor(thresholds_[i]);
  if (!threshold) {
    return NodeProblem(i, "threshold: expected a finite number, found " + std::to_string(thresholds_[i]));
  }
  node.kind = Node::Kind::kBelow;
  node.threshold = PastZero(*threshold);
  const bool zero_goes_yes = node.threshold > 0;
  if (missing == kNothing) node.missing_goes_yes = zero_goes_yes;
  // Where zeros go the same way in any case, nothing has to be said of them.
  node.zero_is_missing = missing == kZero && node.missing_goes_yes != zero_goes_yes;
  return {};
}

Status LightgbmTreeReader::MakeSet(uint32_t i, Node& node) {
  const double set = thresholds_[i];  // its number
  if (!(set >= 0 && set < sets_)) {
    return NodeProblem(i, "threshold: expected a set of categories from 0 to " + std::to_string(int64_t{sets_} - 1) +
                              ", found " + std::to_string(set));
  }
  const auto first = static_cast<size_t>(set_begins_[static_cast<size_t>(set)]);
  const auto last = static_cast<size_t>(set_begins_[static_cast<size_t>(set) + 1]);
  Result<uint32_t> added = builder_.AddSetOfWords(std::span(set_words_).subspan(first, last - first));
  if (!added.ok()) return std::move(added).status().Within("node " + std::to_string(i));
  node.kind = Node::Kind::kInSet;
  node.index = *added;
  node.missing_goes_yes = false;  // NaN is in no set
  return {};
}

}  // namespace trireme::treefile
