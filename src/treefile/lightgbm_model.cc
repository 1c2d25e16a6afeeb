// SPDX-License-Identifier: Apache-2.0
#include "treefile/lightgbm_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "treefile/forest_builder.h"
#include "treefile/lightgbm_tree.h"
#include "treefile/text_lines.h"

namespace trireme::treefile {
namespace {

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const size_t length = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

struct Objective {
  std::string_view name;
  Transform transform;
};

constexpr std::array kObjectives = {
    Objective{"regression", Transform::kIdentity},
    Objective{"regression_l1", Transform::kIdentity},
    Objective{"huber", Transform::kIdentity},
    Objective{"fair", Transform::kIdentity},
    Objective{"quantile", Transform::kIdentity},
    Objective{"mape", Transform::kIdentity},
    Objective{"lambdarank", Transform::kIdentity},
    Objective{"rank_xendcg", Transform::kIdentity},
    Objective{"xendcg", Transform::kIdentity},
    Objective{"custom", Transform::kIdentity},
    Objective{"none", Transform::kIdentity},
    Objective{"poisson", Transform::kExp},
    Objective{"gamma", Transform::kExp},
    Objective{"tweedie", Transform::kExp},
    Objective{"binary", Transform::kLogistic},
    Objective{"cross_entropy", Transform::kLogistic},
    Objective{"xentropy", Transform::kLogistic},
    Objective{"cross_entropy_lambda", Transform::kLogOnePlusExp},
    Objective{"xentlambda", Transform::kLogOnePlusExp},
    Objective{"multiclass", Transform::kSoftmax},
    Objective{"multiclassova", Transform::kLogistic},
};

// Of these the word "sqrt" says that roots were learnt.
bool MayLearnRoots(std::string_view objective) {
  return objective == "regression" || objective == "regression_l1" || objective == "fair" || objective == "quantile" ||
         objective == "mape";
}

class LightgbmReader {
 public:
  explicit LightgbmReader(std::string_view text) : lines_(text), trees_(forest_), builder_(forest_) {}

  Result<Forest> Read() {
    RETURN_IF_ERROR(ReadHeader());
    RETURN_IF_ERROR(UseHeader());
    RETURN_IF_ERROR(ReadTrees());
    RETURN_IF_ERROR(CheckCount());
    RETURN_IF_ERROR(UseObjective());
    RETURN_IF_ERROR(builder_.Check());
    NoteCategories();
    forest_.origin = Forest::Origin::kLightgbm;
    forest_.format = "LightGBM text, version " + std::string(header_["version"]);
    forest_.categories_from = std::nextafter(-1.0F, 0.0F);
    forest_.base.assign(forest_.outputs, 0);
    forest_.scores_flat = forest_.column_count() == 1;
    if (Has("average_output")) forest_.divide_by = std::max<double>(1, iterations_);
    return std::move(forest_);
  }

 private:
  // Lines of KEY=VALUE, or of one word, up to the first tree.
  Status ReadHeader() {
    if (const auto first = lines_.Next(); first != "tree") {
      return InvalidArgument("line 1: expected 'tree', found " + Excerpt(first.value_or(""), 40));
    }
    while (const std::optional<std::string_view> line = lines_.Next()) {
      if (line->starts_with("Tree=") || *line == "end of trees" || line->starts_with("feature importances")) {
        line_ = *line;
        return {};
      }
      if (line->empty()) continue;
      const size_t equals = std::min(line->find('='), line->size());
      const std::string_view value = equals < line->size() ? line->substr(equals + 1) : std::string_view();
      if (!header_.emplace(line->substr(0, equals), value).second) {
        return InvalidArgument("expected each key once, found a second " + Excerpt(line->substr(0, equals), 40))
            .Within("line " + std::to_string(lines_.number()));
      }
    }
    return {};
  }

  bool Has(std::string_view key) const { return header_.contains(key); }

  template <typename T>
  Status ReadHeaderNumber(std::string_view key, T& value) {
    const auto entry = header_.find(key);
    if (entry == header_.end()) return InvalidArgument(std::string(key) + " is missing");
    return ReadNumber(entry->second, value).Within(key);
  }

  Status UseHeader() {
    const std::string_view version = header_["version"];
    if (version != "v2" && version != "v3" && version != "v4") {
      return Unsupported("version: expected v2, v3 or v4, found " + Excerpt(version, 40));
    }
    int32_t last_feature = 0;
    uint32_t classes = 0;
    RETURN_IF_ERROR(ReadHeaderNumber("max_feature_idx", last_feature));
    RETURN_IF_ERROR(ReadHeaderNumber("num_class", classes));
    forest_.outputs = classes;
    if (Has("num_tree_per_iteration")) RETURN_IF_ERROR(ReadHeaderNumber("num_tree_per_iteration", forest_.outputs));
    if (last_feature < 0 || last_feature >= static_cast<int32_t>(ForestBuilder::kMostFeatures)) {
      return InvalidArgument("max_feature_idx: expected a number from 0 to " +
                             std::to_string(ForestBuilder::kMostFeatures - 1) + ", found " +
                             std::to_string(last_feature));
    }
    if (forest_.outputs == 0 || forest_.outputs > ForestBuilder::kMostOutputs) {
      return InvalidArgument("num_tree_per_iteration: expected a number from 1 to " +
                             std::to_string(ForestBuilder::kMostOutputs) + ", found " +
                             std::to_string(forest_.outputs));
    }
    forest_.width = static_cast<uint32_t>(last_feature) + 1;
    for (const std::string_view name : Words(header_["feature_names"])) forest_.feature_names.emplace_back(name);
    return {};
  }

  Status ReadTrees() {
    size_t number = 0;
    while (line_.starts_with("Tree=")) {
      Status status = ReadTree(number);
      if (!status.ok()) return std::move(status).Within(TreeName(number));
      ++number;
      std::optional<std::string_view> line = lines_.Next();
      while (line && line->empty()) line = lines_.Next();
      line_ = line.value_or("");
    }
    return {};
  }

  Status ReadTree(size_t number) {
    size_t said = 0;
    RETURN_IF_ERROR(ReadNumber(line_.substr(std::string_view("Tree=").size()), said).Within("Tree"));
    if (said != number) {
      return InvalidArgument("expected 'Tree=" + std::to_string(number) + "', found " + Excerpt(line_, 40))
          .Within("line " + std::to_string(lines_.number()));
    }
    return trees_.Read(lines_, static_cast<uint32_t>(number % forest_.outputs));
  }

  // Whether all trees are there: a file that was cut off between two of them reads well otherwise.
  Status CheckCount() {
    const size_t count = forest_.trees.size();
    const auto sizes = header_.find("tree_sizes");
    if (sizes != header_.end()) {
      const size_t expected = Words(sizes->second).size();
      if (expected != count) {
        return InvalidArgument("expected " + std::to_string(expected) + " trees, as many as tree_sizes has, found " +
                               std::to_string(count));
      }
    }
    // Old versions have importances here instead.
    if (line_ != "end of trees" && !line_.starts_with("feature importances")) {
      return InvalidArgument("expected 'end of trees' behind " + std::to_string(count) + " trees, found " +
                             (line_.empty() ? "the end" : Excerpt(line_, 40)));
    }
    if (count % forest_.outputs != 0) {
      return InvalidArgument("expected a multiple of " + std::to_string(forest_.outputs) +
                             " trees (num_tree_per_iteration), found " + std::to_string(count));
    }
    iterations_ = static_cast<double>(count) / forest_.outputs;
    return {};
  }

  // What pandas called the categories stands at the very end.
  void NoteCategories() {
    constexpr std::string_view kKey = "pandas_categorical:";
    while (const std::optional<std::string_view> line = lines_.Next()) {
      if (!line->starts_with(kKey)) continue;
      const std::string_view names = line->substr(kKey.size());
      if (names.empty() || names == "null" || names == "[]") continue;
      forest_.notes.emplace_back("categories are sent as the numbers they had in training, not by name");
    }
  }

  // "binary sigmoid:1"
  Status UseObjective() {
    const std::vector<std::string_view> words = Words(header_["objective"]);
    forest_.objective = words.empty() ? "none" : words.front();
    const auto* known = std::find_if(kObjectives.begin(), kObjectives.end(),
                                     [&](const Objective& one) { return one.name == forest_.objective; });
    if (known == kObjectives.end()) {
      return Unsupported("objective: LightGBM's " + Excerpt(forest_.objective, 40) +
                         " is not known here: how it makes " + "an answer of the sums of its trees");
    }
    forest_.transform = known->transform;
    uint32_t classes = forest_.outputs;
    for (const std::string_view word : words) {
      if (word.starts_with("sigmoid:")) RETURN_IF_ERROR(ReadNumber(word.substr(8), forest_.slope).Within("sigmoid"));
      if (word.starts_with("num_class:")) RETURN_IF_ERROR(ReadNumber(word.substr(10), classes).Within("num_class"));
      if (word == "sqrt" && MayLearnRoots(forest_.objective)) forest_.transform = Transform::kSignedSquare;
    }
    if (!(forest_.slope > 0) || !std::isfinite(forest_.slope)) {
      return InvalidArgument("objective: sigmoid: expected a number above 0, found " + std::to_string(forest_.slope));
    }
    if (classes != forest_.outputs) {
      return InvalidArgument("objective: num_class: expected " + std::to_string(forest_.outputs) +
                             ", the trees of an iteration, found " + std::to_string(classes));
    }
    return {};
  }

  TextLines lines_;
  std::string_view line_;  // that ended the header, or follows the last tree that was read
  std::map<std::string_view, std::string_view> header_;
  Forest forest_;
  LightgbmTreeReader trees_;
  ForestBuilder builder_;
  double iterations_ = 0;
};

}  // namespace

Result<Forest> ReadLightgbmText(std::string_view text) {
  return LightgbmReader(text).Read();
}

}  // namespace trireme::treefile
