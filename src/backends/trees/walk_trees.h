// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way through the blocks, for all instruction sets. A Row is a type of the including file's own, in its unnamed
// namespace, so that each file has these functions for itself:
//
//   explicit Row(const float* row);
//   const float* row() const;
//   template <bool kMayMiss, bool kOdd>
//   unsigned WayOut(const TreeBlocks&, const Block&) const;
//
// and for WayOutOfAll(), which asks all splits of a block at once:
//
//   unsigned Below(const Block&) const;    // by split: the value is below the threshold
//   unsigned Missing(const Block&) const;  // by split: the value is NaN
#include "backends/trees/tree_blocks.h"

namespace trireme::trees {

// As treefile/evaluate.h has it.
template <typename Row>
inline bool GoesYes(const TreeBlocks& trees, const OddSplit& split, const Row& row) {
  const float value = row.row()[split.column];
  if (value != value) return split.missing_yes;
  if (!split.is_set) {
    const bool is_zero = split.zero_is_missing && value <= trees.zero_bound && value >= -trees.zero_bound;
    return is_zero ? split.missing_yes : value < split.threshold;
  }
  // As floats first: a value may be beyond every integer.
  if (!(value >= trees.categories_from) || value >= 32.0F * static_cast<float>(split.word_count)) return false;
  const auto category = static_cast<uint32_t>(static_cast<int64_t>(value));
  // And then exactly: -0.5 is of category 0, which a set may have no word for, and floats round the end of a large one.
  if (category / 32 >= split.word_count) return false;
  return (trees.set_words[split.first_word + category / 32] >> (category % 32) & 1U) != 0;
}

template <typename Row>
inline unsigned OddAnswers(const TreeBlocks& trees, const Block& block, const Row& row) {
  unsigned answers = 0;
  const OddSplit* split = trees.odd + block.first_odd;
  for (unsigned left = block.odd; left != 0; left &= left - 1, ++split) {
    if (GoesYes(trees, *split, row)) answers |= left & -left;
  }
  return answers;
}

template <bool kMayMiss, bool kOdd, typename Row>
inline unsigned WayOutOfAll(const TreeBlocks& trees, const Block& block, const Row& row) {
  unsigned yes = row.Below(block);
  if constexpr (kMayMiss) yes |= row.Missing(block) & block.missing_yes;
  if constexpr (kOdd) {
    if (block.odd != 0) yes |= OddAnswers(trees, block, row);
  }
  return trees.ways[yes & 127U];
}

// Where everything lies follows from the way: no pointer is read, and no branch depends on the row.
template <unsigned kLevels, bool kMayMiss, typename Row>
inline void WalkFull(const TreeBlocks& trees, uint32_t first, uint32_t count, const Row& row, uint32_t* leaves) {
  const uint32_t top_ways = 8U >> trees.top_shift;
  const Block* tree = trees.blocks + size_t{first} * trees.blocks_a_tree;
  uint32_t first_leaf = first * trees.leaves_a_tree;
  for (uint32_t i = 0; i < count; ++i, tree += trees.blocks_a_tree, first_leaf += trees.leaves_a_tree) {
    size_t way = row.template WayOut<kMayMiss, false>(trees, tree[0]) >> trees.top_shift;
    if constexpr (kLevels >= 2) way = way * 8 + row.template WayOut<kMayMiss, false>(trees, tree[1 + way]);
    if constexpr (kLevels >= 3) way = way * 8 + row.template WayOut<kMayMiss, false>(trees, tree[1 + top_ways + way]);
    leaves[i] = first_leaf + static_cast<uint32_t>(way);
  }
}

// Trees of any shape, one after the other. The branch at a leaf is foretold wrongly now and then, and yet four abreast,
// each waiting at its leaf for the deepest, took twice as long: 5.0 us a row instead of 2.4 (500 trees of up to 11
// levels, three in ten nodes leaves; AVX-512), and no less for trees that are all deep (20 of 15 levels: 0.38 and
// 0.39).
template <bool kMayMiss, bool kOdd, typename Row>
inline void WalkRagged(const TreeBlocks& trees, uint32_t first, uint32_t count, const Row& row, uint32_t* leaves) {
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t at = trees.roots[first + i];
    while (true) {
      const Block& block = trees.blocks[at];
      const unsigned way = row.template WayOut<kMayMiss, kOdd>(trees, block);
      leaves[i] = block.first_leaf + way;
      if ((block.children >> way & 1U) == 0) break;
      const unsigned before = block.children & ((1U << way) - 1);
      at = block.first_child + static_cast<uint32_t>(__builtin_popcount(before));
    }
  }
}

template <bool kMayMiss, typename Row>
inline void WalkAny(const TreeBlocks& trees, uint32_t first, uint32_t count, const Row& row, uint32_t* leaves) {
  if (trees.odd != nullptr) return WalkRagged<kMayMiss, true>(trees, first, count, row, leaves);
  switch (trees.full_levels) {
    case 1:
      return WalkFull<1, kMayMiss>(trees, first, count, row, leaves);
    case 2:
      return WalkFull<2, kMayMiss>(trees, first, count, row, leaves);
    case 3:
      return WalkFull<3, kMayMiss>(trees, first, count, row, leaves);
    default:
      return WalkRagged<kMayMiss, false>(trees, first, count, row, leaves);
  }
}

// A Walk.
template <typename Row>
void WalkTrees(const TreeBlocks& trees, uint32_t first, uint32_t count, const float* row, bool may_miss,
               uint32_t* leaves) {
  const Row prepared(row);
  const TreeBlocks here = trees;  // which what is written to `leaves` cannot change: it stays in registers
  if (may_miss) return WalkAny<true>(here, first, count, prepared, leaves);
  return WalkAny<false>(here, first, count, prepared, leaves);
}

}  // namespace trireme::trees
