// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "treefile/forest_builder.h"
#include "treefile/text_lines.h"

namespace trireme::treefile {

// Reads the trees of a LightGBM model, one after the other. Its lists keep their memory for the next tree.
class LightgbmTreeReader {
 public:
  explicit LightgbmTreeReader(Forest& forest) : builder_(forest) {}

  // The lines behind "Tree=N" up to an empty one or the end.
  Status Read(TextLines& lines, uint32_t output);

 private:
  Status ReadLists(TextLines& lines);
  Status ReadList(std::string_view key, std::string_view text);
  Status CheckLists() const;
  Status MakeNodes();
  Status MakeSplit(uint32_t i);
  Status MakeThreshold(uint32_t i, int missing, Node& node) const;
  Status MakeSet(uint32_t i, Node& node);
  uint32_t Child(int32_t child) const;

  ForestBuilder builder_;

  // As in the file: one element a split, but leaf_values_ one a leaf. A child below 0 is the leaf ~child.
  uint32_t leaves_ = 0;
  uint32_t sets_ = 0;
  bool is_linear_ = false;
  std::vector<int32_t> features_, left_, right_, decisions_;
  std::vector<double> thresholds_, leaf_values_;
  std::vector<int64_t> set_begins_;
  std::vector<uint32_t> set_words_;

  std::vector<Node> nodes_;  // splits, then leaves
};

}  // namespace trireme::treefile
