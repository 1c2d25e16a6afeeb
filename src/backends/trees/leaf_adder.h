// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "backends/trees/block_forest.h"
#include "treefile/forest.h"

namespace trireme::trees {

// Adds up what the leaves of a row say, tree after tree: in the order and with the type of the library that wrote the
// forest (treefile/evaluate.h), so its bits come out.
template <typename Sum>
class LeafAdder {
 public:
  // All outlive it. `output_of` is by tree.
  LeafAdder(const treefile::Forest& forest, std::span<const uint32_t> output_of, const BlockForest::Leaves<Sum>& leaves)
      : forest_(forest), output_of_(output_of), leaves_(leaves) {}

  // Of one row.
  void Begin(std::span<Sum> sums) const {
    using Aggregate = treefile::Forest::Aggregate;
    Sum first = 0;
    if (forest_.aggregate == Aggregate::kMin) first = std::numeric_limits<Sum>::infinity();
    if (forest_.aggregate == Aggregate::kMax) first = -std::numeric_limits<Sum>::infinity();
    std::ranges::fill(sums, first);
    if (IsBaseFirst()) AddBase(sums);
  }

  // Slots of the trees from `first` on.
  void Add(std::span<const uint32_t> slots, uint32_t first, std::span<Sum> sums) const {
    if (forest_.aggregate != treefile::Forest::Aggregate::kSum) return Compare(slots, first, sums);
    if (forest_.leaf_width > 1) return AddVectors(slots, sums);
    if (sums.size() == 1) {
      Sum sum = sums[0];
      for (const uint32_t slot : slots) sum += leaves_.values[slot];
      sums[0] = sum;
      return;
    }
    for (size_t i = 0; i < slots.size(); ++i) sums[output_of_[first + i]] += leaves_.values[slots[i]];
  }

  void End(std::span<Sum> sums) const {
    if (forest_.origin != treefile::Forest::Origin::kLightgbm) {
      for (Sum& sum : sums) sum /= static_cast<Sum>(forest_.divide_by);
    }
    if (!IsBaseFirst()) AddBase(sums);
  }

 private:
  bool IsBaseFirst() const { return forest_.origin == treefile::Forest::Origin::kXgboost; }

  void AddBase(std::span<Sum> sums) const {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<Sum>(forest_.base[i]);
  }

  void AddVectors(std::span<const uint32_t> slots, std::span<Sum> sums) const {
    for (const uint32_t slot : slots) {
      const Sum* values = leaves_.values.data() + size_t{leaves_.rows[slot]} * forest_.leaf_width;
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
    }
  }

  void Compare(std::span<const uint32_t> slots, uint32_t first, std::span<Sum> sums) const {
    const bool least = forest_.aggregate == treefile::Forest::Aggregate::kMin;
    const uint32_t width = forest_.leaf_width;
    for (size_t i = 0; i < slots.size(); ++i) {
      const size_t row = width > 1 ? leaves_.rows[slots[i]] : slots[i];
      for (uint32_t k = 0; k < width; ++k) {
        Sum& sum = sums[width > 1 ? k : output_of_[first + i]];
        const Sum value = leaves_.values[row * width + k];
        sum = least ? std::min(sum, value) : std::max(sum, value);
      }
    }
  }

  const treefile::Forest& forest_;
  const std::span<const uint32_t> output_of_;
  const BlockForest::Leaves<Sum>& leaves_;
};

}  // namespace trireme::trees
