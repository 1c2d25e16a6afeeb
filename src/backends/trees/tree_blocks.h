// SPDX-License-Identifier: Apache-2.0
#pragma once

// Included by files that are compiled for one instruction set each: plain data alone, no function that the linker could
// take from one of them for all.
#include <cstddef>
#include <cstdint>

namespace trireme::trees {

// Three levels of a tree in one cache line: seven splits, compared at once, and eight ways out of them. What a row pays
// for a tree is lines of memory and chains of loads; this has a third of either.
//
// Splits stand as in a heap: the first, its children (yes, no), theirs. Bit i of a mask is split i. The ways out are
// counted from the one that goes yes three times, 0, to the one that goes no three times, 7. Where a tree has fewer
// splits the missing ones go no: their threshold is NaN.
struct alignas(64) Block {
  float thresholds[8];   // x < threshold goes yes; the eighth is NaN
  uint16_t columns[8];   // of the prepared row
  uint32_t first_child;  // block: the ways out that lead to others take one each, in order
  uint32_t first_leaf;   // slot: eight of them, one a way out, if any leads to a leaf
  uint32_t first_odd;    // of TreeBlocks::odd, one for each bit of `odd`
  uint8_t children;      // by way out: it leads to a block
  uint8_t missing_yes;   // by split: where NaN goes
  uint8_t odd;           // by split: not a comparison with a threshold alone (OddSplit)
  uint8_t unused;
};
static_assert(sizeof(Block) == 64);

// A split that is looked at one by one: a set of categories, zero taken for missing, a column beyond 16 bits.
struct OddSplit {
  uint32_t column;
  float threshold;      // of a comparison
  uint32_t first_word;  // of a set, in TreeBlocks::set_words
  uint32_t word_count;
  bool is_set;
  bool zero_is_missing;
  bool missing_yes;
};

// What the walks see of BlockForest.
struct TreeBlocks {
  const Block* blocks;
  const uint32_t* roots;  // block of each tree
  const uint8_t* ways;    // way out by the answers of seven splits: 128 of them

  // Of full trees: so many blocks above one another everywhere, 1 to 3 (0: trees of any shape); the first has 3 -
  // `top_shift` levels. Blocks and slots of a tree lie together, level by level.
  uint32_t full_levels;
  uint32_t top_shift;
  uint32_t blocks_a_tree;
  uint32_t leaves_a_tree;

  const OddSplit* odd;  // null: none
  const uint32_t* set_words;
  float categories_from;
  float zero_bound;
};

// Finds the leaves that a prepared row comes to: the slots of `count` trees from `first` on. A row has as many columns
// as the walk takes, the unused ones any number. `may_miss`: the row may have NaN.
using Walk = void (*)(const TreeBlocks& trees, uint32_t first, uint32_t count, const float* row, bool may_miss,
                      uint32_t* leaves);

// The widest rows that a walk of vectors takes, in columns; 0: it was not built. A row is as wide as the next of
// 8 (AVX2 only), 16, 32, 64 and 128.
struct VectorWalks {
  uint32_t most_columns;
  Walk (*for_columns)(uint32_t columns);
};

VectorWalks Avx512Walks();
VectorWalks Avx2Walks();
Walk ScalarWalk();  // any width

}  // namespace trireme::trees
