// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "treefile/forest.h"

namespace trireme::trees {

// What a made-up forest is like.
struct RandomForestOptions {
  treefile::Forest::Origin origin = treefile::Forest::Origin::kXgboost;
  uint32_t trees = 50;
  uint32_t most_depth = 6;
  double leaf_early = 0;  // how likely a node above that depth is a leaf
  uint32_t width = 10;
  uint32_t outputs = 1;
  bool vector_leaves = false;
  double in_set = 0;           // how likely a split is of categories
  double zero_is_missing = 0;  // how likely one is that takes zero for missing
  // Features that take zero for missing in all of their splits: those below. Splits where that changes nothing do not
  // say so, as readers have it.
  uint32_t zero_features = 0;
};

// The same for the same seed. Thresholds are among the values of RandomRows(), so that rows meet them exactly.
treefile::Forest RandomForest(const RandomForestOptions& options, uint32_t seed);

// So many rows of small multiples of a quarter, with `missing` of them NaN, and now and then an infinity, a zero of
// either sign, a number next to none, or a category of another word.
std::vector<float> RandomRows(uint32_t width, size_t rows, double missing, uint32_t seed);

}  // namespace trireme::trees
