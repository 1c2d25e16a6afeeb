// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "treefile/forest.h"

namespace trireme::treefile {

// What a forest says of a row.
struct Evaluation {
  std::vector<double> margins;     // one an output
  std::vector<uint32_t> leaf_ids;  // Node::id, one a tree
  std::vector<float> scores;       // one a column of the answer
  size_t label = 0;                // of Forest::labels, if it has any
};

// What a Forest means, said plainly: one row, tree by tree, in the order and with the types of its origin. Slow; what
// is fast is tested against it. The row has Forest::width values.
Evaluation Evaluate(const Forest& forest, std::span<const float> row);

// The second half of it, for who has the margins: `columns`, then `transform`. As many scores as column_count(), and
// as many margins as `outputs`. Returns the label.
size_t AnswerOfMargins(const Forest& forest, std::span<const double> margins, std::span<float> scores);

}  // namespace trireme::treefile
