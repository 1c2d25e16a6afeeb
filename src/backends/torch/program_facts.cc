// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/program_facts.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/torch/graph_walk.h"
#include "backends/torch/value_origins.h"

namespace trireme::torch_backend {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

std::optional<at::Tensor> WeightOf(const Node& node, size_t input, const Module& module, const Graph& graph) {
  if (input >= node.inputs().size()) return std::nullopt;
  const auto found = FindAttribute(node.input(input), module, graph);
  if (!found || !found->value.isTensor() || !found->value.toTensor().defined()) return std::nullopt;
  return found->value.toTensor();
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

// Whether a node writes to what the value is or has in it.
bool WritesTo(const Node& node, Value& value, const torch::jit::AliasDb& aliases) {
  if (WritesOutOfSight(node)) return true;
  bool writes = false;
  ForEachWritten(node, [&](Value* written) { writes = writes || aliases.mayContainAlias(written, &value); });
  return writes;
}

// The same without what is written in training alone, such as how many batches a normalisation has seen. The weights
// are shared, not copied.
KeptState FindKeptStateFrozen(const Module& module) {
  try {
    const Module frozen = torch::jit::freeze(module, {}, false);
    const std::shared_ptr<Graph> graph = frozen.get_method("forward").graph()->copy();
    torch::jit::Inline(*graph);
    return FindKeptState(frozen, graph);
  } catch (const std::exception&) {
    return {.keeps = true};  // nobody knows
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
    facts.has_loop = facts.has_loop || node.kind() == c10::prim::Loop;
    for (size_t i = 1; i < graph->inputs().size() && !facts.writes_inputs; ++i) {
      facts.writes_inputs = WritesTo(node, *graph->inputs()[i], aliases);
    }
  });
  facts.state = FindKeptState(module, graph);
  if (facts.state.keeps) facts.state = FindKeptStateFrozen(module);
  for (size_t i = 1; i < graph->inputs().size(); ++i) {
    facts.hints.push_back(FirstHint(*graph->inputs()[i], module, *graph, 4));
  }
  return facts;
}

}  // namespace trireme::torch_backend
