// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/walk_trees.h"

namespace trireme::trees {
namespace {

// A row in memory. Without vectors it is cheaper to follow the way split by split than to ask all seven.
class ScalarRow {
 public:
  explicit ScalarRow(const float* row) : row_(row) {}

  template <bool kMayMiss, bool kOdd>
  unsigned WayOut(const TreeBlocks& trees, const Block& block) const {
    unsigned odd_answers = 0;
    if constexpr (kOdd) {
      if (block.odd != 0) odd_answers = OddAnswers(trees, block, *this);
    }
    unsigned split = 0;
    for (int level = 0; level < 3; ++level) {
      const float value = row_[block.columns[split]];
      unsigned yes = value < block.thresholds[split] ? 1U : 0U;
      if constexpr (kMayMiss) yes |= (value != value ? 1U : 0U) & static_cast<unsigned>(block.missing_yes) >> split;
      if constexpr (kOdd) yes |= odd_answers >> split & 1U;
      split = 2 * split + 2 - yes;
    }
    return split - 7;
  }

  const float* row() const { return row_; }

 private:
  const float* row_;
};

}  // namespace

Walk ScalarWalk() {
  return &WalkTrees<ScalarRow>;
}

}  // namespace trireme::trees
