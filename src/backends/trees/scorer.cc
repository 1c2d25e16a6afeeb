// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/scorer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory_resource>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "backends/trees/leaf_adder.h"
#include "base/check.h"
#include "treefile/evaluate.h"

namespace trireme::trees {
namespace {

using treefile::Forest;

// Trees walked in one go: their slots are kept on the stack.
constexpr uint32_t kMostTrees = 128;

// Of blocks that all rows of a tile go through before the next are looked at. They stay in the first cache then: 0.90
// us a row instead of 1.10 (500 trees of depth 6, 288 KB of blocks).
constexpr size_t kBlockBytesAtOnce = 20 << 10;

// Of a tile: its prepared rows and its sums stay in the second cache. Little depends on it: 1.02 us a row of those 500
// trees, with 8 KiB 1.05, with 256 KiB 1.09.
constexpr size_t kTileBytes = 64 << 10;
constexpr size_t kMostRowsOfTile = 256;

// What few rows need besides comes from the stack.
constexpr size_t kStackBytes = 4096;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Blocks on the longest ways.
size_t StepsOf(const Forest& forest) {
  size_t steps = 0;
  for (const treefile::Tree& tree : forest.trees) steps += (std::max(1U, tree.depth) + 2) / 3;
  return steps;
}

// What the second half of scoring needs is little.
Forest WithoutTrees(Forest forest) {
  forest.nodes = {};
  forest.trees = {};
  forest.sets = {};
  forest.set_words = {};
  forest.leaf_values = {};
  return forest;
}

std::vector<uint32_t> OutputsOf(const Forest& forest) {
  std::vector<uint32_t> outputs;
  outputs.reserve(forest.trees.size());
  for (const treefile::Tree& tree : forest.trees) outputs.push_back(tree.output);
  return outputs;
}

template <typename T>
std::span<T> RowsOf(std::span<T> all, size_t first, size_t count, size_t width) {
  return all.empty() ? all : all.subspan(first * width, count * width);
}

}  // namespace

Result<Scorer> Scorer::Make(Forest forest, const Options& options) {
  ASSIGN_OR_RETURN(BlockForest blocks, BlockForest::Make(forest, options.with_leaf_ids));
  return Scorer(std::move(forest), std::move(blocks), options);
}

Scorer::Scorer(Forest forest, BlockForest blocks, const Options& options)
    : output_of_(OutputsOf(forest)), blocks_(std::move(blocks)), steps_a_row_(StepsOf(forest)) {
  const uint32_t trees = std::max(1U, blocks_.tree_count());
  const size_t bytes_a_tree = std::max<size_t>(1, blocks_.block_bytes() / trees);
  trees_at_once_ = static_cast<uint32_t>(std::clamp<size_t>(kBlockBytesAtOnce / bytes_a_tree, 4, kMostTrees));
  walk_ = blocks_.is_prepared() ? ChooseWalk(options.instruction_set, static_cast<uint32_t>(blocks_.columns().size()))
                                : ChosenWalk{.walk = ScalarWalk(), .columns = forest.width};
  forest_ = WithoutTrees(std::move(forest));
  classes_ = forest_;
  classes_.transform = options.probability;
}

void Scorer::Score(std::span<const float> rows, const Results& results) const {
  std::visit([&](const auto& leaves) { ScoreAll(rows, leaves, results); }, blocks_.leaves());
}

size_t Scorer::RowsOfTile() const {
  const size_t prepared = blocks_.is_prepared() ? walk_.columns * sizeof(float) : 0;
  return std::clamp<size_t>(kTileBytes / (prepared + forest_.outputs * sizeof(double)), 1, kMostRowsOfTile);
}

template <typename Sum>
void Scorer::ScoreAll(std::span<const float> rows, const BlockForest::Leaves<Sum>& leaves,
                      const Results& results) const {
  const size_t row_count = rows.size() / forest_.width;
  const size_t tile = std::min(RowsOfTile(), row_count);
  alignas(64) std::array<std::byte, kStackBytes> stack;
  std::pmr::monotonic_buffer_resource memory(stack.data(), stack.size());
  std::pmr::vector<float> prepared(blocks_.is_prepared() ? tile * walk_.columns : 0, &memory);
  std::pmr::vector<Sum> sums(tile * forest_.outputs, &memory);
  for (size_t first = 0; first < row_count; first += tile) {
    const size_t count = std::min(tile, row_count - first);
    const Results part{.scores = RowsOf(results.scores, first, count, forest_.column_count()),
                       .margins = RowsOf(results.margins, first, count, forest_.outputs),
                       .probabilities = RowsOf(results.probabilities, first, count, probability_count()),
                       .leaf_ids = RowsOf(results.leaf_ids, first, count, tree_count()),
                       .labels = RowsOf(results.labels, first, count, 1)};
    ScoreTile<Sum>(RowsOf(rows, first, count, forest_.width), leaves, prepared,
                   std::span<Sum>(sums).first(count * forest_.outputs), part);
  }
}

// Whether any of what the walk is given is NaN.
bool Scorer::Prepare(std::span<const float> rows, std::span<float> to) const {
  const std::vector<BlockForest::Column>& columns = blocks_.columns();
  bool may_miss = false;
  float* out = to.data();
  for (size_t begin = 0; begin < rows.size(); begin += forest_.width, out += walk_.columns) {
    for (size_t i = 0; i < columns.size(); ++i) {
      float value = rows[begin + columns[i].feature];
      if (columns[i].zero_is_missing && std::fabs(value) <= Forest::kZeroBound) value = kNaN;
      may_miss |= std::isnan(value);
      out[i] = value;
    }
  }
  return may_miss;
}

template <typename Sum>
void Scorer::ScoreTile(std::span<const float> rows, const BlockForest::Leaves<Sum>& leaves, std::span<float> prepared,
                       std::span<Sum> sums, const Results& results) const {
  const size_t row_count = rows.size() / forest_.width;
  const bool may_miss = blocks_.is_prepared() ? Prepare(rows, prepared) : true;
  const float* const first_row = blocks_.is_prepared() ? prepared.data() : rows.data();
  const size_t stride = blocks_.is_prepared() ? walk_.columns : forest_.width;
  const TreeBlocks trees = blocks_.view();
  const LeafAdder<Sum> adder(forest_, output_of_, leaves);
  const uint32_t outputs = forest_.outputs;
  for (size_t row = 0; row < row_count; ++row) adder.Begin(sums.subspan(row * outputs, outputs));

  std::array<uint32_t, kMostTrees> slots;
  const uint32_t at_once = row_count > 1 ? trees_at_once_ : kMostTrees;
  for (uint32_t first = 0; first < tree_count(); first += at_once) {
    const uint32_t count = std::min(at_once, tree_count() - first);
    for (size_t row = 0; row < row_count; ++row) {
      walk_.walk(trees, first, count, first_row + row * stride, may_miss, slots.data());
      adder.Add(std::span<const uint32_t>(slots).first(count), first, sums.subspan(row * outputs, outputs));
      if (results.leaf_ids.empty()) continue;
      int32_t* const ids = results.leaf_ids.data() + row * tree_count() + first;
      for (uint32_t i = 0; i < count; ++i) ids[i] = static_cast<int32_t>(blocks_.leaf_ids()[slots[i]]);
    }
  }
  for (size_t row = 0; row < row_count; ++row) adder.End(sums.subspan(row * outputs, outputs));
  Finish(sums, results);
}

template <typename Sum>
void Scorer::Finish(std::span<Sum> sums, const Results& results) const {
  if (!results.margins.empty()) std::ranges::copy(sums, results.margins.begin());
  if (results.scores.empty() && results.labels.empty() && results.probabilities.empty()) return;
  const uint32_t outputs = forest_.outputs;
  std::vector<double> margins(outputs);
  std::vector<float> unwanted(results.scores.empty() ? forest_.column_count() : 0);
  for (size_t row = 0; row * outputs < sums.size(); ++row) {
    std::ranges::copy(sums.subspan(row * outputs, outputs), margins.begin());
    FinishRow(margins, row, results, unwanted);
  }
}

void Scorer::FinishRow(std::span<const double> margins, size_t row, const Results& results,
                       std::span<float> unwanted) const {
  if (!results.probabilities.empty()) {
    const uint32_t columns = probability_count();
    const std::span<float> all = results.probabilities.subspan(row * columns, columns);
    treefile::AnswerOfMargins(classes_, margins, all.last(classes_.column_count()));
    if (classes_.column_count() == 1) all[0] = 1 - all[1];
  }
  if (results.scores.empty() && results.labels.empty()) return;
  const uint32_t columns = forest_.column_count();
  const std::span<float> scores = results.scores.empty() ? unwanted : results.scores.subspan(row * columns, columns);
  const size_t label = treefile::AnswerOfMargins(forest_, margins, scores);
  if (!results.labels.empty()) results.labels[row] = static_cast<uint32_t>(label);
}

}  // namespace trireme::trees
