// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/testing/random_forest.h"

#include <algorithm>
#include <limits>

namespace trireme::trees {
namespace {

using treefile::Forest;
using treefile::Node;
using treefile::Tree;

constexpr int kLeastQuarter = -20;
constexpr int kMostQuarter = 80;  // categories up to 20
constexpr uint32_t kMostSetWords = 3;

class ForestMaker {
 public:
  ForestMaker(const RandomForestOptions& options, uint32_t seed) : options_(options), random_(seed) {}

  Forest Make() {
    forest_.origin = options_.origin;
    forest_.format = "made up";
    forest_.width = options_.width;
    forest_.outputs = options_.outputs;
    forest_.leaf_width = options_.vector_leaves ? options_.outputs : 1;
    for (uint32_t i = 0; i < options_.outputs; ++i) forest_.base.push_back(0.25 * i + 0.5);
    if (options_.origin == Forest::Origin::kLightgbm) forest_.categories_from = std::nextafterf(-1, 0);
    for (uint32_t i = 0; i < options_.trees; ++i) AddTree(i);
    return std::move(forest_);
  }

 private:
  bool Chance(double share) { return std::bernoulli_distribution(share)(random_); }
  uint32_t Below(uint32_t bound) { return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_); }

  void AddTree(uint32_t number) {
    const auto first = static_cast<uint32_t>(forest_.nodes.size());
    Tree tree{.first_node = first, .output = options_.vector_leaves ? 0 : number % options_.outputs};
    std::vector<uint32_t> depths = {0};
    forest_.nodes.emplace_back();
    for (uint32_t i = 0; i < depths.size(); ++i) {
      const bool is_leaf = depths[i] == options_.most_depth || (depths[i] > 0 && Chance(options_.leaf_early));
      is_leaf ? MakeLeaf(first + i) : MakeSplit(first + i, first + static_cast<uint32_t>(depths.size()));
      forest_.nodes[first + i].id = i;
      tree.depth = std::max(tree.depth, depths[i]);
      if (is_leaf) continue;
      depths.insert(depths.end(), 2, depths[i] + 1);
      forest_.nodes.resize(forest_.nodes.size() + 2);
    }
    tree.node_count = static_cast<uint32_t>(depths.size());
    forest_.trees.push_back(tree);
  }

  void MakeLeaf(uint32_t at) {
    Node& node = forest_.nodes[at];
    node.index = static_cast<uint32_t>(forest_.leaf_values.size() / forest_.leaf_width);
    for (uint32_t i = 0; i < forest_.leaf_width; ++i) {
      const double value = std::normal_distribution<double>()(random_);
      const bool is_double = options_.origin == Forest::Origin::kLightgbm;
      forest_.leaf_values.push_back(is_double ? value : static_cast<float>(value));
    }
  }

  void MakeSplit(uint32_t at, uint32_t children) {
    Node& node = forest_.nodes[at];
    node.feature = static_cast<int32_t>(Below(options_.width));
    node.missing_goes_yes = Chance(0.5);
    node.yes = children + (Chance(0.5) ? 1 : 0);
    node.no = 2 * children + 1 - node.yes;
    const bool is_zero_feature = static_cast<uint32_t>(node.feature) < options_.zero_features;
    if (!is_zero_feature && Chance(options_.in_set)) {
      node.kind = Node::Kind::kInSet;
      node.index = static_cast<uint32_t>(forest_.sets.size());
      // None as well: a file may not say it, and yet nothing may be read for it.
      const uint32_t words = Below(kMostSetWords + 1);
      forest_.sets.push_back({.first_word = static_cast<uint32_t>(forest_.set_words.size()), .word_count = words});
      for (uint32_t i = 0; i < words; ++i) forest_.set_words.push_back(random_());
      return;
    }
    node.kind = Node::Kind::kBelow;
    node.zero_is_missing = is_zero_feature || Chance(options_.zero_is_missing);
    node.threshold = 0.25F * static_cast<float>(static_cast<int>(Below(kMostQuarter - kLeastQuarter)) + kLeastQuarter);
    if (Chance(0.02)) node.threshold = std::numeric_limits<float>::infinity() * (Chance(0.5) ? 1.0F : -1.0F);
    if (is_zero_feature) {
      if (node.threshold == 0) node.threshold = 1;
      node.zero_is_missing = node.missing_goes_yes != (node.threshold > 0);
    } else if (Chance(0.02)) {
      node.threshold = std::numeric_limits<float>::denorm_min();
    }
  }

  const RandomForestOptions options_;
  std::mt19937 random_;
  Forest forest_;
};

}  // namespace

Forest RandomForest(const RandomForestOptions& options, uint32_t seed) {
  return ForestMaker(options, seed).Make();
}

std::vector<float> RandomRows(uint32_t width, size_t rows, double missing, uint32_t seed) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
  constexpr float kNextToMinusOne = -0x1.fffffep-1F;
  // The last ones are categories: around the ends of words, and beyond what integers hold.
  constexpr float kOdd[] = {kInfinity, -kInfinity,      0.0F,    -0.0F,   1e-36F, -1e-36F, 1e30F,
                            kDenormal, kNextToMinusOne, 31.75F,  32.0F,   63.0F,  64.0F,   95.5F,
                            96.0F,     0x1p24F,         0x1p31F, 0x1p32F, 0x1p63F};
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> chance;
  std::vector<float> values(rows * width);
  for (float& value : values) {
    const double drawn = chance(random);
    if (drawn < missing) {
      value = std::numeric_limits<float>::quiet_NaN();
    } else if (drawn > 0.95) {
      value = kOdd[random() % std::size(kOdd)];
    } else {
      value = 0.25F * static_cast<float>(static_cast<int>(random() % (kMostQuarter - kLeastQuarter)) + kLeastQuarter);
    }
  }
  return values;
}

}  // namespace trireme::trees
