// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/tensorflow/graph_def.h"
#include "base/status.h"

namespace trireme::tensorflow {

// A node of a graph, or of a function as one call of it has it.
struct NodePlace {
  int32_t frame = 0;  // the call; 0: the graph itself
  int32_t node = 0;   // in the table of that frame
  bool operator==(const NodePlace&) const = default;
};

// One of the tensors that a node gives.
struct TensorPlace {
  NodePlace at;
  int32_t output = 0;
};

// A graph with its calls of functions seen through: whoever asks where a tensor comes from is led into the functions
// that are called and out of them again, until a node is found that is no call. Calls are followed when somebody asks.
//
// Not thread-safe. Views `graph`, which outlives it.
class CallTree {
 public:
  explicit CallTree(const GraphDef& graph);

  // Where a tensor comes from, as the nodes of `frame` name it ("node:1", "argument", "node:output:0").
  // kInvalidArgument names what is not there, functions that call themselves, and calls whose tensors lead in a circle;
  // kTooLarge: more calls than kMostFrames, or ways through functions that are too long altogether.
  Result<TensorPlace> Resolve(int32_t frame, std::string_view tensor);

  // The call of a function by a node of the graph itself; kInvalidArgument if that is none.
  Result<int32_t> EnterCall(std::string_view node);

  const NodeDef& Node(NodePlace place) const {
    return frames_[static_cast<size_t>(place.frame)].table->nodes[static_cast<size_t>(place.node)];
  }
  const NodeTable& Table(int32_t frame) const { return *frames_[static_cast<size_t>(frame)].table; }

  // "call/inner_call/node", for people.
  std::string PathOf(NodePlace place) const;

 private:
  struct Frame {
    const NodeTable* table = nullptr;
    const FunctionDef* function = nullptr;  // null: the graph
    NodePlace call = {};                    // in the frame it is called from
    int depth = 0;
  };

  static constexpr int kMostDepth = 100;
  static constexpr size_t kMostFrames = 100'000;
  static constexpr int kMostSteps = 10'000;
  static constexpr uint64_t kMostStepsInAll = 50'000'000;

  // The function that a node calls, or null.
  Result<const FunctionDef*> FunctionOf(const NodeDef& node);
  Result<int32_t> Enter(NodePlace call, const FunctionDef& function);
  Result<TensorPlace> FindNode(int32_t frame, std::string_view tensor) const;

  const GraphDef& graph_;
  std::vector<Frame> frames_;
  std::unordered_map<uint64_t, int32_t> entered_;                  // by where the call is
  std::unordered_map<const NodeDef*, const FunctionDef*> called_;  // by node, as far as somebody has asked
  uint64_t steps_ = 0;
};

}  // namespace trireme::tensorflow
