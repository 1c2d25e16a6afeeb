// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/opset_raise.h"

#include <algorithm>
#include <string_view>

namespace trireme::onnxfile {
namespace {

constexpr int64_t kOldestOpset = 7;  // before it, operators said in other ways how they broadcast

// Those that take other inputs or attributes from a later opset on, up to 11, than before
// (https://github.com/onnx/onnx/blob/main/docs/Changelog.md). All others of opset 7 to 10 mean the same in 11.
struct Changed {
  std::string_view op_type;
  int64_t since;
};
constexpr Changed kChanged[] = {
    {"BatchNormalization", 9}, {"Clip", 11},  {"Dropout", 10}, {"Pad", 11},      {"Resize", 11}, {"Scan", 9},
    {"Scatter", 11},           {"Slice", 10}, {"TopK", 10},    {"Upsample", 10},
};

bool IsChanged(const IndexedNode& node, int64_t opset) {
  if (!node.domain.empty()) return false;
  // The same but for what is hardly used.
  if (node.op_type == "BatchNormalization" && node.Find("spatial") == nullptr) return false;
  if (node.op_type == "Dropout" && node.outputs.size() == 1) return false;
  return std::ranges::any_of(
      kChanged, [&](const Changed& changed) { return changed.op_type == node.op_type && opset < changed.since; });
}

}  // namespace

std::string WhyNotRaised(const ModelIndex& index) {
  const int64_t opset = index.opset();
  if (opset >= kIntegerOpset) return {};
  if (opset < kOldestOpset) return "it is too old";
  if (index.has_functions) return "it has functions of its own";
  for (const IndexedGraph& graph : index.graphs) {
    for (const IndexedNode& node : graph.nodes) {
      if (IsChanged(node, opset)) return node.op_type + " means something else there";
    }
  }
  return {};
}

}  // namespace trireme::onnxfile
