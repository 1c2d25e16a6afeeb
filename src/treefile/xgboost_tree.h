// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "codec/json_cursor.h"
#include "treefile/forest_builder.h"
#include "treefile/ubjson_cursor.h"

namespace trireme::treefile {

// Reads the trees of an XGBoost model, one element of its "trees" after the other. Its lists keep their memory for the
// next tree.
class XgboostTreeReader {
 public:
  explicit XgboostTreeReader(Forest& forest) : forest_(forest), builder_(forest) {}

  // The object that comes next, whose "id" is to be `number`. Adds it for output 0.
  template <typename In>
  Status Read(In& in, size_t number);

 private:
  struct Parameters {
    uint32_t nodes = 0;
    uint32_t deleted_nodes = 0;
    uint32_t leaf_width = 1;
  };

  template <typename In>
  Status ReadLists(In& in, size_t number);
  template <typename In>
  Status ReadParameters(In& in);
  template <typename In>
  Status ReadFlags(In& in, std::vector<uint8_t>& flags);
  Status CheckLists() const;
  Status SetLeafWidth();
  Status MakeNodes();
  Status MakeSplit(uint32_t id, Node& node) const;
  Status MakeLeaf(uint32_t id, Node& node);
  Status MakeSets();
  Status MakeSet(size_t i);

  Forest& forest_;
  ForestBuilder builder_;

  // As in the file, one element a node where nothing else is said.
  Parameters parameters_;
  std::vector<int32_t> left_, right_;
  std::vector<int64_t> features_;
  std::vector<float> conditions_;      // of a leaf its value
  std::vector<uint8_t> default_left_;  // 0 or 1
  std::vector<uint8_t> split_types_;   // none, or 1: by categories
  std::vector<float> base_weights_;    // of multi-output trees: leaf_width a node
  std::vector<float> leaf_weights_;    // of multi-output trees of newer versions: leaf_width a leaf
  bool has_leaf_weights_ = false;
  std::vector<int32_t> categories_;  // of all splits
  std::vector<int64_t> segments_, sizes_;
  std::vector<int32_t> category_nodes_;

  std::vector<Node> nodes_;
  std::vector<double> values_;
};

}  // namespace trireme::treefile
