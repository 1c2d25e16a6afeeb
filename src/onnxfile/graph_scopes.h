// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "onnxfile/graph_index.h"

namespace trireme::onnxfile {

// What a name stands for.
struct Definition {
  size_t graph = 0;
  const IndexedConstant* constant = nullptr;  // an initialiser
  const IndexedNode* node = nullptr;          // or what a node gives
  const GraphValue* input = nullptr;          // or what the graph takes, if a run may give it any value
  int64_t uses = 0;                           // by nodes of any graph, and as outputs of graphs
};

// A constant of a model, as somebody reads it: perhaps through nodes that do nothing but turn it round.
struct ConstantUse {
  const IndexedConstant* constant = nullptr;
  size_t graph = 0;         // that it lies in
  bool transposed = false;  // of two dimensions, the other way round
};

// Which names are defined where, in the graphs of a model. Views the index, which outlives it. Not thread-safe.
class GraphScopes {
 public:
  explicit GraphScopes(const ModelIndex& index);

  // What a node of this graph reads by that name: of its own graph, else of those around it. Null: nothing is known.
  Definition* Find(std::string_view name, size_t graph);

  // The constant that is read by that name, directly or through Identity, Transpose and Constant nodes; nothing if it
  // is none, or one that a run may give another value.
  std::optional<ConstantUse> FindConstant(std::string_view name, size_t graph);

  // A name that no value of the model has, nor any that was asked for before.
  std::string NewName(std::string_view wanted);

 private:
  void Define(std::string_view name, Definition definition);
  void DefineGraph(size_t graph);
  void CountUses(size_t graph);

  const ModelIndex& index_;
  std::vector<std::unordered_map<std::string_view, Definition>> definitions_;  // by graph
  std::set<std::string, std::less<>> names_;
  std::unordered_map<std::string, int64_t> next_numbers_;  // of names that were wanted before
};

// Of a node: whether it only hands on its first input, with its two dimensions swapped if `swapped`.
bool HandsOnMatrix(const IndexedNode& node, bool& swapped);

}  // namespace trireme::onnxfile
