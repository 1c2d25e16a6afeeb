// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

// A tree as a file has it: nodes in any order, their children by place among them.
struct FileTree {
  std::span<const Node> nodes;     // of a leaf, `index` is a place in `values`, in steps of Forest::leaf_width
  std::span<const double> values;  // all steps are there
  uint32_t root = 0;
  uint32_t unused_nodes = 0;  // that the file says no way leads to
  uint32_t output = 0;
};

// Puts trees into a Forest one after the other, in the order that it promises, and checks what the readers of all
// formats have to check: that a tree is one, that its values are numbers, and that it all fits.
class ForestBuilder {
 public:
  static constexpr uint32_t kMostNodes = 1U << 31;
  static constexpr uint32_t kMostFeatures = 1U << 24;
  static constexpr uint32_t kMostOutputs = 1U << 16;
  static constexpr uint32_t kMostLeafValues = 1U << 31;
  static constexpr uint32_t kMostSetWords = 1U << 24;  // 64 MiB

  explicit ForestBuilder(Forest& forest) : forest_(forest) {}

  // Messages name the node by its id. Takes time and memory for its nodes only, however deep the tree is.
  Status Add(const FileTree& tree);

  // A set of categories: its index. kTooLarge if there is no room for it.
  Result<uint32_t> AddSet(std::span<const int32_t> categories);
  Result<uint32_t> AddSetOfWords(std::span<const uint32_t> words);

  // Forgets all trees but the first so many.
  void KeepTrees(size_t count);

  // Whether the width, the outputs and the names that the file gives are possible, and no split asks for a feature that
  // is not there. For the end.
  Status Check() const;

 private:
  struct Way;
  Status CheckNode(const FileTree& tree, const Node& node) const;
  Status Append(const FileTree& tree, const Way& way, std::vector<bool>& reached);

  Forest& forest_;
};

// "node 12: ", and what is wrong with it.
Status NodeProblem(uint32_t id, std::string_view what);

// The file's number of a tree, for Status::Within.
std::string TreeName(size_t number);

}  // namespace trireme::treefile
