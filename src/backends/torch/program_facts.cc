// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/program_facts.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme::torch_backend {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// The attribute that a value is, if it is one of the module's.
std::optional<c10::IValue> AttributeOf(const Value* value, const Module& module, const Graph& graph) {
  // In place: GCC 12 warns of how a temporary one ends.
  if (value == graph.inputs().at(0)) return std::optional<c10::IValue>(std::in_place, module._ivalue());
  const Node* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = AttributeOf(node->input(0), module, graph);
  if (!owner || !owner->isObject()) return std::nullopt;
  return owner->toObject()->getAttr(node->s(c10::attr::name));
}

std::optional<at::Tensor> WeightOf(const Node& node, size_t input, const Module& module, const Graph& graph) {
  if (input >= node.inputs().size()) return std::nullopt;
  const auto value = AttributeOf(node.input(input), module, graph);
  if (!value || !value->isTensor() || !value->toTensor().defined()) return std::nullopt;
  return value->toTensor();
}

DataType TypeOfWeight(const at::Tensor& weight) {
  if (weight.scalar_type() == at::kHalf) return DataType::kFp16;
  if (weight.scalar_type() == at::kBFloat16) return DataType::kBf16;
  return weight.scalar_type() == at::kDouble ? DataType::kFp64 : DataType::kFp32;
}

// Traced modules have one operator for both.
bool IsTransposed(const Node& node, std::string_view kind) {
  constexpr size_t kPlace = 6;
  if (kind != "aten::_convolution" || node.inputs().size() <= kPlace) return kind.starts_with("aten::conv_transpose");
  const auto transposed = torch::jit::toIValue(node.input(kPlace));
  return transposed && transposed->isBool() && transposed->toBool();
}

// A convolution's weight has its dimensions, and how many channels go in.
std::optional<ArgumentHint> HintOfConvolution(const Node& node, const at::Tensor& weight, std::string_view kind) {
  if (weight.dim() < 3) return std::nullopt;
  ArgumentHint hint{.type = TypeOfWeight(weight), .dims = {-1, weight.size(0)}, .is_image = true};
  if (!IsTransposed(node, kind)) {
    const size_t place = kind == "aten::_convolution" ? 8 : node.inputs().size() - 1;
    const auto groups = torch::jit::toIValue(node.input(std::min(place, node.inputs().size() - 1)));
    hint.dims[1] = weight.size(1) * (groups && groups->isInt() ? groups->toInt() : 1);
  }
  hint.dims.resize(static_cast<size_t>(weight.dim()), -1);
  return hint;
}

// What this use says of the value; nothing if it says nothing.
std::optional<ArgumentHint> HintOf(const Node& node, size_t place, const Module& module, const Graph& graph) {
  const std::string_view kind = node.kind().toQualString();
  if (kind.starts_with("aten::conv") || kind == "aten::_convolution") {
    const auto weight = WeightOf(node, 1, module, graph);
    return place == 0 && weight ? HintOfConvolution(node, *weight, kind) : std::nullopt;
  }
  if (kind == "aten::linear") {
    const auto weight = WeightOf(node, 1, module, graph);
    if (place != 0 || !weight || weight->dim() != 2) return std::nullopt;
    return ArgumentHint{.type = TypeOfWeight(*weight), .dims = {-1, weight->size(1)}, .may_have_more_dims = true};
  }
  if (kind == "aten::embedding") {
    if (place != 1) return std::nullopt;
    return ArgumentHint{.type = DataType::kInt64, .dims = {-1, -1}};
  }
  if (kind == "aten::batch_norm") {
    const auto mean = WeightOf(node, 3, module, graph);
    if (place != 0 || !mean) return std::nullopt;
    return ArgumentHint{.type = TypeOfWeight(*mean), .dims = {-1, mean->size(0)}};
  }
  return std::nullopt;
}

// Operators that give what they take, as far as its shape is concerned.
bool KeepsShape(const Node& node) {
  const std::string_view kind = node.kind().toQualString();
  return kind == "aten::to" || kind == "aten::contiguous" || kind == "aten::sub" || kind == "aten::mul" ||
         kind == "aten::div" || kind == "aten::relu" || kind == "aten::add" || kind == "aten::detach";
}

std::optional<ArgumentHint> FirstHint(const Value& value, const Module& module, const Graph& graph, int depth) {
  for (const torch::jit::Use& use : value.uses()) {
    if (auto hint = HintOf(*use.user, use.offset, module, graph)) return hint;
    if (depth == 0 || use.offset != 0 || !KeepsShape(*use.user)) continue;
    if (auto hint = FirstHint(*use.user->output(), module, graph, depth - 1)) return hint;
  }
  return std::nullopt;
}

template <typename Visit>
void ForEachNode(Block& block, const Visit& visit) {
  for (Node* node : block.nodes()) {
    visit(*node);
    for (Block* inner : node->blocks()) ForEachNode(*inner, visit);
  }
}

// Calls visit(input) for what a node writes to, as its operator says.
template <typename Visit>
void ForEachWritten(const Node& node, const Visit& visit) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (schema == nullptr) return;
  for (size_t i = 0; i < schema->arguments().size() && i < node.inputs().size(); ++i) {
    const c10::AliasInfo* alias = schema->arguments()[i].alias_info();
    if (alias != nullptr && alias->isWrite()) visit(const_cast<Value*>(node.input(i)));
  }
}

// A call that nobody has put the body of in its place, or a part that runs on its own (torch.jit.fork) and writes to
// something: to what, is not looked for.
bool WritesOutOfSight(const Node& node) {
  if (node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction) return true;
  if (!node.hasAttribute(c10::attr::Subgraph)) return false;
  const std::shared_ptr<Graph> part = node.g(c10::attr::Subgraph)->copy();
  torch::jit::Inline(*part);
  bool writes = false;
  ForEachNode(*part->block(), [&](const Node& inner) {
    writes = writes || inner.kind() == c10::prim::SetAttr || WritesOutOfSight(inner);
    ForEachWritten(inner, [&](const Value* /*written*/) { writes = true; });
  });
  return writes;
}

// Whether a node writes to what the value is or has in it.
bool WritesTo(const Node& node, Value& value, const torch::jit::AliasDb& aliases) {
  if (WritesOutOfSight(node)) return true;
  bool writes = false;
  ForEachWritten(node, [&](Value* written) { writes = writes || aliases.mayContainAlias(written, &value); });
  return writes;
}

// What stays from one run to the next: attributes, and constants, which all runs share. Of an object its attributes are
// read one by one.
bool Stays(const Node& node) {
  if (node.kind() != c10::prim::GetAttr && node.kind() != c10::prim::Constant) return false;
  const c10::TypeKind kind = node.output()->type()->kind();
  return kind != c10::TypeKind::ClassType && kind != c10::TypeKind::InterfaceType;
}

bool IsTensor(const Value& value) {
  return value.type()->isSubtypeOf(*c10::TensorType::get());
}

// Whether the program changes what stays, be it what is in a list or dict.
bool KeepsState(const std::shared_ptr<Graph>& graph) {
  const torch::jit::AliasDb aliases(graph);
  bool keeps = false;
  std::vector<Value*> containers;
  ForEachNode(*graph->block(), [&](Node& node) {
    // A flag, such as "has warned", is no state that a run could get wrong from another.
    const bool sets = node.kind() == c10::prim::SetAttr && node.input(1)->type()->kind() != c10::TypeKind::BoolType;
    keeps = keeps || sets || WritesOutOfSight(node) || (Stays(node) && aliases.hasWriters(node.output()));
    if (Stays(node) && !IsTensor(*node.output())) containers.push_back(node.output());
  });
  ForEachNode(*graph->block(), [&](const Node& node) {
    ForEachWritten(node, [&](Value* written) { keeps = keeps || aliases.mayContainAlias(written, containers); });
  });
  return keeps;
}

// The same without what is written in training alone, such as how many batches a normalisation has seen. The weights
// are shared, not copied.
bool KeepsStateFrozen(const Module& module) {
  try {
    return KeepsState(torch::jit::freeze(module, {}, false).get_method("forward").graph());
  } catch (const std::exception&) {
    return true;  // nobody knows
  }
}

}  // namespace

ProgramFacts LookAt(const Module& module) {
  ProgramFacts facts;
  const std::shared_ptr<Graph> graph = module.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  const torch::jit::AliasDb aliases(graph);
  facts.writes_inputs = false;
  ForEachNode(*graph->block(), [&](const Node& node) {
    for (size_t i = 1; i < graph->inputs().size() && !facts.writes_inputs; ++i) {
      facts.writes_inputs = WritesTo(node, *graph->inputs()[i], aliases);
    }
  });
  facts.keeps_state = KeepsState(graph) && KeepsStateFrozen(module);
  for (size_t i = 1; i < graph->inputs().size(); ++i) {
    facts.hints.push_back(FirstHint(*graph->inputs()[i], module, *graph, 4));
  }
  return facts;
}

}  // namespace trireme::torch_backend
