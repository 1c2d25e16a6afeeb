// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/block_forest.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace trireme::trees {
namespace {

using treefile::Forest;
using treefile::Node;
using treefile::Tree;

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
// Blocks above one another. A fourth would make 585 blocks, 37 KB, of every tree; it was not tried.
constexpr uint32_t kMostFullLevels = 3;
constexpr uint32_t kColumnsOfBlock = 65536;

constexpr std::array<uint8_t, 128> kWays = [] {
  std::array<uint8_t, 128> ways{};
  for (unsigned answers = 0; answers < ways.size(); ++answers) {
    unsigned split = 0;
    for (int level = 0; level < 3; ++level) split = 2 * split + 2 - (answers >> split & 1U);
    ways[answers] = static_cast<uint8_t>(split - 7);
  }
  return ways;
}();

Block EmptyBlock() {
  Block block{};
  std::ranges::fill(block.thresholds, std::numeric_limits<float>::quiet_NaN());
  return block;
}

// What the splits of a forest say of one feature.
struct FeatureUse {
  bool is_used = false;
  bool has_zero_missing = false;
  bool tells_zero_from_missing = false;
};

// Whether it makes a difference to a split that takes zero for a number that zero is none.
bool TellsZeroFromMissing(const Node& node) {
  if (node.kind != Node::Kind::kBelow) return true;
  if (node.zero_is_missing) return false;
  return node.missing_goes_yes ? !(node.threshold > Forest::kZeroBound) : !(node.threshold <= -Forest::kZeroBound);
}

std::vector<FeatureUse> UsesOf(const Forest& forest) {
  std::vector<FeatureUse> uses(forest.width);
  for (const Node& node : forest.nodes) {
    if (node.kind == Node::Kind::kLeaf) continue;
    FeatureUse& use = uses[static_cast<size_t>(node.feature)];
    use.is_used = true;
    use.has_zero_missing |= node.kind == Node::Kind::kBelow && node.zero_is_missing;
    use.tells_zero_from_missing |= TellsZeroFromMissing(node);
  }
  return uses;
}

bool IsSplit(const Node& node) {
  return node.kind != Node::Kind::kLeaf;
}

// Splits that begin a block, and trees without any.
uint64_t CountBlocks(const Forest& forest) {
  std::vector<uint8_t> level(forest.nodes.size(), 0);  // in its block
  uint64_t blocks = 0;
  for (const Tree& tree : forest.trees) {
    if (!IsSplit(forest.nodes[tree.first_node])) ++blocks;
    for (uint32_t i = tree.first_node; i < tree.first_node + tree.node_count; ++i) {
      const Node& node = forest.nodes[i];
      if (!IsSplit(node)) continue;
      if (level[i] == 0) ++blocks;
      level[node.yes] = level[node.no] = static_cast<uint8_t>((level[i] + 1) % 3);
    }
  }
  return blocks;
}

}  // namespace

class BlockBuilder {
 public:
  explicit BlockBuilder(const Forest& forest, bool with_leaf_ids) : forest_(forest), with_leaf_ids_(with_leaf_ids) {}

  Result<BlockForest> Build() {
    ChooseColumns();
    made_.set_words_ = forest_.set_words;
    made_.categories_from_ = forest_.categories_from;
    const uint64_t ragged_blocks = CountBlocks(forest_);
    const bool is_full = ChooseFull(ragged_blocks);
    const uint64_t blocks = is_full ? uint64_t{made_.blocks_a_tree_} * forest_.trees.size() : ragged_blocks;
    if (blocks >= kNone / 8) {
      return TooLarge("expected fewer than " + std::to_string(kNone / 8) + " blocks of three levels, found " +
                      std::to_string(blocks));
    }
    made_.blocks_.reserve(blocks);
    for (const Tree& tree : forest_.trees) {
      made_.roots_.push_back(static_cast<uint32_t>(made_.blocks_.size()));
      is_full ? AddFull(tree) : AddRagged(tree);
    }
    TakeLeaves();
    return std::move(made_);
  }

 private:
  // Of each way out the node that it leads to, or kNone where none does.
  using WaysOut = std::array<uint32_t, 8>;

  void ChooseColumns() {
    const std::vector<FeatureUse> uses = UsesOf(forest_);
    const auto used = std::ranges::count_if(uses, &FeatureUse::is_used);
    made_.is_prepared_ = used <= BlockForest::kMostPrepared;
    column_of_.resize(forest_.width);
    for (uint32_t feature = 0; feature < forest_.width; ++feature) {
      const FeatureUse& use = uses[feature];
      column_of_[feature] = made_.is_prepared_ ? static_cast<uint32_t>(made_.columns_.size()) : feature;
      if (!made_.is_prepared_ || !use.is_used) continue;
      made_.columns_.push_back(
          {.feature = feature, .zero_is_missing = use.has_zero_missing && !use.tells_zero_from_missing});
    }
  }

  bool ChooseFull(uint64_t ragged_blocks) {
    uint32_t depth = 1;
    for (const Tree& tree : forest_.trees) depth = std::max(depth, tree.depth);
    if (depth > 3 * kMostFullLevels || HasOdd()) return false;
    made_.full_levels_ = (depth + 2) / 3;
    made_.top_shift_ = 3 * made_.full_levels_ - depth;
    uint32_t blocks = 1;
    uint32_t ways = 8U >> made_.top_shift_;
    for (uint32_t level = 1; level < made_.full_levels_; ++level) {
      blocks += ways;
      ways *= 8;
    }
    made_.blocks_a_tree_ = blocks;
    made_.leaves_a_tree_ = ways;
    // A bound on memory, not on what is quicker: where three in ten nodes are leaves padding takes more than twice the
    // blocks, and 1.2 us a row instead of 1.65.
    if (uint64_t{blocks} * forest_.trees.size() > 2 * ragged_blocks) made_.full_levels_ = 0;
    return made_.full_levels_ > 0;
  }

  bool HasOdd() const {
    return std::ranges::any_of(forest_.nodes, [&](const Node& node) { return IsOdd(node); });
  }

  bool IsOdd(const Node& node) const {
    if (!IsSplit(node)) return false;
    if (node.kind == Node::Kind::kInSet) return true;
    const uint32_t column = column_of_[static_cast<size_t>(node.feature)];
    if (column >= kColumnsOfBlock) return true;
    return node.zero_is_missing && !(made_.is_prepared_ && made_.columns_[column].zero_is_missing);
  }

  void PutSplit(const Node& node, unsigned split, Block& block) {
    const uint32_t column = column_of_[static_cast<size_t>(node.feature)];
    if (!IsOdd(node)) {
      block.thresholds[split] = node.threshold;
      block.columns[split] = static_cast<uint16_t>(column);
      if (node.missing_goes_yes) block.missing_yes |= static_cast<uint8_t>(1U << split);
      return;
    }
    if (block.odd == 0) block.first_odd = static_cast<uint32_t>(made_.odd_.size());
    block.odd |= static_cast<uint8_t>(1U << split);
    OddSplit odd{.column = column,
                 .threshold = node.threshold,
                 .first_word = 0,
                 .word_count = 0,
                 .is_set = node.kind == Node::Kind::kInSet,
                 .zero_is_missing = node.zero_is_missing,
                 .missing_yes = node.missing_goes_yes};
    if (odd.is_set) {
      odd.first_word = forest_.sets[node.index].first_word;
      odd.word_count = forest_.sets[node.index].word_count;
    }
    made_.odd_.push_back(odd);
  }

  // Puts the splits of so many levels from `root` on into the block. What is no split goes down the way of no.
  WaysOut PutSplits(uint32_t root, uint32_t levels, Block& block) {
    std::array<uint32_t, 15> nodes;
    nodes.fill(kNone);
    nodes[0] = root;
    const unsigned splits = (1U << levels) - 1;
    for (unsigned i = 0; i < 7; ++i) {
      if (nodes[i] == kNone) continue;
      const Node& node = forest_.nodes[nodes[i]];
      if (i < splits && IsSplit(node)) {
        PutSplit(node, i, block);
        nodes[2 * i + 1] = node.yes;
        nodes[2 * i + 2] = node.no;
      } else {
        nodes[2 * i + 2] = nodes[i];
      }
    }
    WaysOut ways;
    std::copy_n(nodes.begin() + 7, 8, ways.begin());
    return ways;
  }

  void AddFull(const Tree& tree) {
    std::vector<uint32_t> level = {tree.first_node};
    for (uint32_t i = 0; i < made_.full_levels_; ++i) {
      const uint32_t shift = i == 0 ? made_.top_shift_ : 0;
      std::vector<uint32_t> next;
      for (const uint32_t root : level) {
        Block block = EmptyBlock();
        WaysOut ways;
        ways.fill(kNone);
        if (root != kNone) ways = PutSplits(root, 3 - shift, block);
        made_.blocks_.push_back(block);
        for (uint32_t way = (1U << shift) - 1; way < 8; way += 1U << shift) next.push_back(ways[way]);
      }
      level = std::move(next);
    }
    leaf_nodes_.insert(leaf_nodes_.end(), level.begin(), level.end());
  }

  // Blocks in order of their distance to the root.
  void AddRagged(const Tree& tree) {
    std::vector<uint32_t> roots = {tree.first_node};  // of blocks, those of this tree
    const size_t first = made_.blocks_.size();
    for (size_t i = 0; i < roots.size(); ++i) {
      Block block = EmptyBlock();
      const WaysOut ways = PutSplits(roots[i], 3, block);
      block.first_child = static_cast<uint32_t>(first + roots.size());
      block.first_leaf = static_cast<uint32_t>(leaf_nodes_.size());
      WaysOut leaves;
      leaves.fill(kNone);
      for (unsigned way = 0; way < ways.size(); ++way) {
        if (ways[way] == kNone) continue;
        if (IsSplit(forest_.nodes[ways[way]])) {
          block.children |= static_cast<uint8_t>(1U << way);
          roots.push_back(ways[way]);
        } else {
          leaves[way] = ways[way];
        }
      }
      const bool any = std::ranges::any_of(leaves, [](uint32_t leaf) { return leaf != kNone; });
      if (any) leaf_nodes_.insert(leaf_nodes_.end(), leaves.begin(), leaves.end());
      made_.blocks_.push_back(block);
    }
  }

  void TakeLeaves() {
    if (forest_.origin == Forest::Origin::kLightgbm) {
      made_.leaves_ = LeavesOf<double>();
    } else {
      made_.leaves_ = LeavesOf<float>();
    }
    if (!with_leaf_ids_) return;
    made_.leaf_ids_.reserve(leaf_nodes_.size());
    for (const uint32_t node : leaf_nodes_) made_.leaf_ids_.push_back(node == kNone ? 0 : forest_.nodes[node].id);
  }

  template <typename Sum>
  BlockForest::Leaves<Sum> LeavesOf() const {
    BlockForest::Leaves<Sum> leaves;
    if (forest_.leaf_width > 1) {
      leaves.values.assign(forest_.leaf_values.begin(), forest_.leaf_values.end());
      leaves.rows.reserve(leaf_nodes_.size());
      for (const uint32_t node : leaf_nodes_) leaves.rows.push_back(node == kNone ? 0 : forest_.nodes[node].index);
      return leaves;
    }
    leaves.values.reserve(leaf_nodes_.size());
    for (const uint32_t node : leaf_nodes_) {
      leaves.values.push_back(node == kNone ? 0 : static_cast<Sum>(forest_.leaf_values[forest_.nodes[node].index]));
    }
    return leaves;
  }

  const Forest& forest_;
  const bool with_leaf_ids_;
  std::vector<uint32_t> column_of_;   // by feature
  std::vector<uint32_t> leaf_nodes_;  // by slot
  BlockForest made_;
};

Result<BlockForest> BlockForest::Make(const Forest& forest, bool with_leaf_ids) {
  return BlockBuilder(forest, with_leaf_ids).Build();
}

TreeBlocks BlockForest::view() const {
  return {.blocks = blocks_.data(),
          .roots = roots_.data(),
          .ways = kWays.data(),
          .full_levels = full_levels_,
          .top_shift = top_shift_,
          .blocks_a_tree = blocks_a_tree_,
          .leaves_a_tree = leaves_a_tree_,
          .odd = odd_.empty() ? nullptr : odd_.data(),
          .set_words = set_words_.data(),
          .categories_from = categories_from_,
          .zero_bound = Forest::kZeroBound};
}

size_t BlockForest::bytes() const {
  const size_t leaf_bytes = std::visit(
      [](const auto& leaves) { return leaves.values.size() * sizeof(leaves.values[0]) + leaves.rows.size() * 4; },
      leaves_);
  return block_bytes() + leaf_bytes + odd_.size() * sizeof(OddSplit) +
         (roots_.size() + leaf_ids_.size() + set_words_.size()) * sizeof(uint32_t);
}

}  // namespace trireme::trees
