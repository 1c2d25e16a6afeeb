// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "backends/trees/tree_blocks.h"
#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::trees {

// A forest in blocks of three levels (tree_blocks.h), as the walks take it. Rows are prepared for it: the columns that
// some split looks at, in order, as long as they are no more than kMostPrepared; otherwise all, as they are.
//
// Trees are full if that takes at most twice the blocks that their splits do: then where everything lies follows from
// the way of a row. Other trees have a block for at most each split, 64 bytes, and eight leaves a block.
//
// Immutable, so thread-safe.
class BlockForest {
 public:
  static constexpr uint32_t kMostPrepared = 128;

  struct Column {
    uint32_t feature = 0;
    bool zero_is_missing = false;  // preparing makes NaN of it
  };

  // What leaves add, by slot; the same type as the sum.
  template <typename Sum>
  struct Leaves {
    std::vector<Sum> values;     // with a width of 1 by slot, otherwise in steps of it by rows
    std::vector<uint32_t> rows;  // by slot, with a width above 1
  };

  // kTooLarge: more than 2^32 leaves in blocks.
  static Result<BlockForest> Make(const treefile::Forest& forest, bool with_leaf_ids);

  // Valid while this lives where it is.
  TreeBlocks view() const;

  bool is_prepared() const { return is_prepared_; }
  const std::vector<Column>& columns() const { return columns_; }  // of a prepared row
  uint32_t tree_count() const { return static_cast<uint32_t>(roots_.size()); }
  bool is_full() const { return full_levels_ > 0; }
  const std::variant<Leaves<float>, Leaves<double>>& leaves() const { return leaves_; }
  const std::vector<uint32_t>& leaf_ids() const { return leaf_ids_; }  // by slot, or none

  size_t bytes() const;
  size_t block_bytes() const { return blocks_.size() * sizeof(Block); }

 private:
  friend class BlockBuilder;
  BlockForest() = default;

  bool is_prepared_ = false;
  std::vector<Column> columns_;
  std::vector<Block> blocks_;
  std::vector<uint32_t> roots_;
  uint32_t full_levels_ = 0;
  uint32_t top_shift_ = 0;
  uint32_t blocks_a_tree_ = 0;
  uint32_t leaves_a_tree_ = 0;
  std::vector<OddSplit> odd_;
  std::vector<uint32_t> set_words_;
  float categories_from_ = 0;
  std::variant<Leaves<float>, Leaves<double>> leaves_;
  std::vector<uint32_t> leaf_ids_;
};

}  // namespace trireme::trees
