// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"

namespace trireme::tensorflow {

// What a saved_model.pb says of its graph, as views of its bytes: those outlive all that is declared here.

// A NodeDef. Its attributes are looked up when somebody asks (attributes.h).
struct NodeDef {
  std::string_view name;
  std::string_view op;
  std::vector<std::string_view>
      inputs;  // "node", "node:1"; in a function "argument", "node:output:0"; "^node": control
  std::string_view message;
};

// Nodes that refer to one another by name: a graph's, or a function's.
struct NodeTable {
  std::vector<NodeDef> nodes;
  std::unordered_map<std::string_view, int32_t> by_name;  // each has a name of its own
};

struct FunctionDef {
  std::string_view name;
  std::unordered_map<std::string_view, int32_t> arguments;  // by name: which of the call's inputs it is
  std::vector<std::string_view> outputs;                    // in order, as names of `results`
  std::unordered_map<std::string_view, std::string_view> results;
  NodeTable body;
};

struct GraphDef {
  NodeTable graph;
  std::map<std::string_view, FunctionDef> functions;
};

inline constexpr size_t kMostNodes = 2'000'000;  // of a graph and its functions, before anything is pruned

inline constexpr size_t kMostAttributes = 10'000;  // of a node: each that is asked for is looked for among them

inline constexpr size_t kMostNames = 16'000'000;  // of what nodes take, and of arguments and results of functions

// kTooLarge: more than that. kInvalidArgument: what is malformed, or which name two nodes or functions have.
Result<GraphDef> ReadGraphDef(std::string_view message);

}  // namespace trireme::tensorflow
