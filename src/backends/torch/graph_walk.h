// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/torch/libtorch.h"

namespace trireme::torch_backend {

// Calls visit(node) for each node of a block and of those in it, in order.
template <typename Visit>
void ForEachNode(torch::jit::Block& block, const Visit& visit) {
  for (torch::jit::Node* node : block.nodes()) {
    visit(*node);
    for (torch::jit::Block* inner : node->blocks()) ForEachNode(*inner, visit);
  }
}

// Calls visit(value) for what a node writes to, as its operator says.
template <typename Visit>
void ForEachWritten(const torch::jit::Node& node, const Visit& visit) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (schema == nullptr) return;
  for (size_t i = 0; i < schema->arguments().size() && i < node.inputs().size(); ++i) {
    const c10::AliasInfo* alias = schema->arguments()[i].alias_info();
    if (alias != nullptr && alias->isWrite()) visit(const_cast<torch::jit::Value*>(node.input(i)));
  }
}

}  // namespace trireme::torch_backend
