// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/tensorflow/call_tree.h"
#include "base/status.h"

namespace trireme::tensorflow {

// A tensor of a flat graph.
struct FlatTensor {
  int32_t node = 0;
  int32_t output = 0;
};

// A node that a signature needs, or (is_fed) a tensor that a request brings, in place of the node that would make it.
struct FlatNode {
  NodePlace place;
  std::vector<FlatTensor> inputs;  // data only: who waits for whom without taking anything does not matter here
  bool is_fed = false;
  int32_t fed_output = 0;      // of the node in whose place it stands
  std::string_view feed = {};  // its name among the tensors to be fed
};

// What is needed of a graph for some of its tensors: functions taken apart, everything else left out.
struct FlatGraph {
  std::vector<FlatNode> nodes;  // each behind those that it takes from
  std::vector<FlatTensor> outputs;
};

inline constexpr size_t kMostFlatNodes = 500'000;

// Loops and branches, and what keeps state between runs: nothing behind them is looked at.
bool IsControlFlow(std::string_view op);

// What is needed for `outputs` where `feeds` are given: names of tensors, "node:0". kInvalidArgument: a name that is
// not there, or a circle; kTooLarge: more than kMostFlatNodes.
Result<FlatGraph> Flatten(CallTree& calls, std::span<const std::string_view> outputs,
                          std::span<const std::string_view> feeds);

}  // namespace trireme::tensorflow
