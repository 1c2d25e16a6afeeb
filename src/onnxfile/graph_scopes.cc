// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/graph_scopes.h"

#include <algorithm>
#include <utility>

namespace trireme::onnxfile {
namespace {

constexpr int kMostSteps = 16;             // from a reader to its constant
constexpr int64_t kFirstWithDefaults = 4;  // the IR version from which on a run may replace an initialiser

}  // namespace

GraphScopes::GraphScopes(const ModelIndex& index) : index_(index), definitions_(index.graphs.size()) {
  for (size_t graph = 0; graph < index.graphs.size(); ++graph) DefineGraph(graph);
  for (size_t graph = 0; graph < index.graphs.size(); ++graph) CountUses(graph);
}

void GraphScopes::Define(std::string_view name, Definition definition) {
  if (name.empty()) return;
  definitions_[definition.graph].insert_or_assign(name, definition);
  names_.emplace(name);
}

void GraphScopes::DefineGraph(size_t number) {
  const IndexedGraph& graph = index_.graphs[number];
  for (const IndexedNode& node : graph.nodes) {
    for (const std::string& output : node.outputs) Define(output, {.graph = number, .node = &node});
  }
  for (const IndexedConstant& constant : graph.initializers) {
    Define(constant.name, {.graph = number, .constant = &constant});
  }
  for (const GraphValue& input : graph.inputs) {
    const auto found = definitions_[number].find(input.name);
    const bool is_constant = found != definitions_[number].end() && found->second.constant != nullptr;
    if (!is_constant || index_.ir_version >= kFirstWithDefaults) {
      Define(input.name, {.graph = number, .input = &input});
    }
  }
  for (const std::string& name : graph.other_names) names_.insert(name);
  for (const GraphValue& output : graph.outputs) names_.insert(output.name);
}

void GraphScopes::CountUses(size_t number) {
  const IndexedGraph& graph = index_.graphs[number];
  const auto count = [&](const std::string& name) {
    if (Definition* definition = Find(name, number); definition != nullptr) ++definition->uses;
    names_.insert(name);
  };
  for (const IndexedNode& node : graph.nodes) std::ranges::for_each(node.inputs, count);
  for (const GraphValue& output : graph.outputs) count(output.name);
}

Definition* GraphScopes::Find(std::string_view name, size_t graph) {
  for (std::optional<size_t> at = graph; at; at = index_.graphs[*at].parent) {
    const auto found = definitions_[*at].find(name);
    if (found != definitions_[*at].end()) return &found->second;
  }
  return nullptr;
}

std::optional<ConstantUse> GraphScopes::FindConstant(std::string_view name, size_t graph) {
  ConstantUse use;
  for (int step = 0; step < kMostSteps; ++step) {
    const Definition* definition = Find(name, graph);
    if (definition == nullptr || definition->input != nullptr) return std::nullopt;
    use.graph = graph = definition->graph;
    use.constant = definition->constant;
    if (use.constant != nullptr) return use;
    const IndexedNode& node = *definition->node;
    if (node.Is("Constant")) {
      const IndexedAttribute* value = node.Find("value");
      if (value == nullptr || !value->constant) return std::nullopt;
      use.constant = &*value->constant;
      return use;
    }
    if (!HandsOnMatrix(node, use.transposed)) return std::nullopt;
    name = node.inputs[0];
  }
  return std::nullopt;
}

std::string GraphScopes::NewName(std::string_view wanted) {
  std::string name(wanted);
  int64_t& number = next_numbers_.try_emplace(name, 2).first->second;
  while (!names_.insert(name).second) name = std::string(wanted) + "_" + std::to_string(number++);
  return name;
}

bool HandsOnMatrix(const IndexedNode& node, bool& swapped) {
  if (node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  if (node.Is("Identity")) return true;
  if (!node.Is("Transpose")) return false;
  const IndexedAttribute* order = node.Find("perm");
  if (order != nullptr && order->numbers != std::vector<int64_t>{1, 0}) return false;
  swapped = !swapped;
  return true;
}

}  // namespace trireme::onnxfile
