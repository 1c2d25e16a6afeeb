// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/node_outputs.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "backends/tensorflow/attributes.h"

namespace trireme::tensorflow {
namespace {

struct OutputNames {
  std::string_view op;
  std::array<std::string_view, 6> names;  // one tensor each
};

// Operators that name more than one output, as in TensorFlow's registry of operators
// (https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/ops).
constexpr std::array<OutputNames, 16> kOutputs = {{
    {"TopK", {"values", "indices"}},
    {"TopKV2", {"values", "indices"}},
    {"FusedBatchNorm", {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
    {"FusedBatchNormV2", {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
    {"FusedBatchNormV3",
     {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"}},
    {"Unique", {"y", "idx"}},
    {"UniqueV2", {"y", "idx"}},
    {"UniqueWithCounts", {"y", "idx", "count"}},
    {"NonMaxSuppressionV4", {"selected_indices", "valid_outputs"}},
    {"NonMaxSuppressionV5", {"selected_indices", "selected_scores", "valid_outputs"}},
    {"CombinedNonMaxSuppression", {"nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"}},
    {"MaxPoolWithArgmax", {"output", "argmax"}},
    {"Switch", {"output_false", "output_true"}},
    {"Merge", {"output", "value_index"}},
    {"LookupTableExportV2", {"keys", "values"}},
    {"DecodeProtoV2", {"sizes", "values"}},
}};

// Lists of three sparse tensors' parts, and of dense ones.
int32_t FirstOfParseExample(const NodeDef& node, std::string_view name) {
  const Attributes attributes(node.message);
  const auto sparse = static_cast<int32_t>(std::min<size_t>(attributes.Types("sparse_types").size(), 1000));
  const auto dense = static_cast<int32_t>(std::min<size_t>(attributes.Types("Tdense").size(), 1000));
  const auto ragged = static_cast<int32_t>(std::min<size_t>(attributes.Types("ragged_value_types").size(), 1000));
  if (name == "sparse_values") return sparse;
  if (name == "sparse_shapes") return 2 * sparse;
  if (name == "dense_values") return 3 * sparse;
  if (name == "ragged_values") return 3 * sparse + dense;
  if (name == "ragged_row_splits") return 3 * sparse + dense + ragged;
  return 0;
}

}  // namespace

int32_t FirstOutputOf(const NodeDef& node, std::string_view name) {
  if (node.op == "ParseExample" || node.op == "ParseExampleV2") return FirstOfParseExample(node, name);
  for (const OutputNames& known : kOutputs) {
    if (known.op != node.op) continue;
    const auto found = std::find(known.names.begin(), known.names.end(), name);
    return found == known.names.end() ? 0 : static_cast<int32_t>(found - known.names.begin());
  }
  return 0;
}

}  // namespace trireme::tensorflow
