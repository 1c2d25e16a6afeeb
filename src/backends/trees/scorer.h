// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/trees/block_forest.h"
#include "backends/trees/instruction_set.h"
#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::trees {

// Scores rows with a forest. What a row gets depends on the row alone: neither on those beside it nor on the
// instruction set, to the last bit. Immutable, so thread-safe.
class Scorer {
 public:
  struct Options {
    InstructionSet instruction_set = InstructionSet::kScalar;
    bool with_leaf_ids = false;
    // What makes probabilities of the sums: kLogistic (of each) or kSoftmax.
    treefile::Transform probability = treefile::Transform::kIdentity;
  };

  // Where results go, row after row; what is empty is not wanted.
  struct Results {
    std::span<float> scores;         // Forest::column_count() a row
    std::span<float> margins;        // Forest::outputs a row
    std::span<float> probabilities;  // probability_count() a row: of a single sum that it is not, and that it is
    std::span<int32_t> leaf_ids;     // one a tree; only with Options::with_leaf_ids
    std::span<uint32_t> labels;      // one a row, of Forest::labels
  };

  // kTooLarge: as BlockForest.
  static Result<Scorer> Make(treefile::Forest forest, const Options& options);

  // `rows` are as wide as the forest. On the calling thread.
  void Score(std::span<const float> rows, const Results& results) const;

  // Without its trees: what they were made to is what this keeps.
  const treefile::Forest& forest() const { return forest_; }
  uint32_t probability_count() const { return std::max(2U, forest_.outputs); }
  uint32_t tree_count() const { return blocks_.tree_count(); }
  InstructionSet instruction_set() const { return walk_.set; }  // that is used
  bool is_full() const { return blocks_.is_full(); }
  size_t bytes() const { return blocks_.bytes(); }

  // Blocks that a row comes by, about: what it costs.
  size_t steps_a_row() const { return steps_a_row_; }

 private:
  Scorer(treefile::Forest forest, BlockForest blocks, const Options& options);

  size_t RowsOfTile() const;
  bool Prepare(std::span<const float> rows, std::span<float> to) const;
  template <typename Sum>
  void ScoreTile(std::span<const float> rows, const BlockForest::Leaves<Sum>& leaves, std::span<float> prepared,
                 std::span<Sum> sums, const Results& results) const;
  template <typename Sum>
  void ScoreAll(std::span<const float> rows, const BlockForest::Leaves<Sum>& leaves, const Results& results) const;
  template <typename Sum>
  void Finish(std::span<Sum> sums, const Results& results) const;
  // `unwanted`: room for scores that nobody asks for.
  void FinishRow(std::span<const double> margins, size_t row, const Results& results, std::span<float> unwanted) const;

  treefile::Forest forest_;
  treefile::Forest classes_;         // the same, whose answer is probabilities
  std::vector<uint32_t> output_of_;  // by tree
  BlockForest blocks_;
  ChosenWalk walk_;
  uint32_t trees_at_once_ = 1;  // for rows one after the other
  size_t steps_a_row_ = 0;
};

}  // namespace trireme::trees
