// SPDX-License-Identifier: Apache-2.0
// Whatever a file holds that is read as trees: all walks come to the leaves that the evaluator comes to.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/trees/scorer.h"
#include "base/check.h"
#include "treefile/evaluate.h"
#include "treefile/read_forest.h"

namespace trireme::trees {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kValues[] = {0.0F,  -0.0F,  -0.5F,   -0x1.fffffep-1F, -1.0F, 1.0F,      3.75F,      31.0F, 32.0F,
                             64.5F, 1e-36F, 0x1p24F, 0x1p32F,         1e30F, kInfinity, -kInfinity, kNan};

void CheckRow(const Scorer& scorer, const treefile::Evaluation& expected, const std::vector<float>& row) {
  std::vector<float> margins(scorer.forest().outputs);
  std::vector<int32_t> leaf_ids(scorer.tree_count());
  scorer.Score(row, {.scores = {}, .margins = margins, .leaf_ids = leaf_ids, .labels = {}});
  for (size_t i = 0; i < leaf_ids.size(); ++i) CHECK(static_cast<uint32_t>(leaf_ids[i]) == expected.leaf_ids[i]);
  for (size_t i = 0; i < margins.size(); ++i) {
    const auto margin = static_cast<float>(expected.margins[i]);
    CHECK(margins[i] == margin || (std::isnan(margins[i]) && std::isnan(margin)));
  }
}

}  // namespace
}  // namespace trireme::trees

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::trees;
  const auto read = trireme::treefile::ReadForest({reinterpret_cast<const char*>(data), size});
  if (!read.ok() || read->width > 1000) return 0;  // rows of any width are as good
  std::vector<Scorer> scorers;
  for (const char* name : {"scalar", "avx2", "avx512"}) {
    const auto set = ParseInstructionSet(name);
    if (!set.ok()) continue;
    auto scorer = Scorer::Make(*read, {.instruction_set = *set, .with_leaf_ids = true});
    if (scorer.ok()) scorers.push_back(*std::move(scorer));
  }
  for (size_t shift = 0; shift < std::size(kValues); ++shift) {
    std::vector<float> row(read->width);
    for (size_t i = 0; i < row.size(); ++i) row[i] = kValues[(i + shift) % std::size(kValues)];
    const trireme::treefile::Evaluation expected = trireme::treefile::Evaluate(*read, row);
    for (const Scorer& scorer : scorers) CheckRow(scorer, expected, row);
  }
  return 0;
}
