// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/kept_state.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "backends/torch/graph_walk.h"
#include "backends/torch/value_origins.h"

namespace trireme::torch_backend {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// What stays from one run to the next: attributes, and constants, which all runs share. Of an object its attributes are
// read one by one.
bool Stays(const Node& node) {
  if (node.kind() != c10::prim::GetAttr && node.kind() != c10::prim::Constant) return false;
  const c10::TypeKind kind = node.output()->type()->kind();
  return kind != c10::TypeKind::ClassType && kind != c10::TypeKind::InterfaceType;
}

// A list or dict of this run's own: to put something into it changes nothing that stays.
bool IsNewContainer(const Value& value) {
  const auto kind = value.node()->kind();
  return kind == c10::prim::ListConstruct || kind == c10::prim::DictConstruct;
}

// Whether the program writes into what stays, be it what is in a list or dict.
bool WritesIntoWhatStays(const std::shared_ptr<Graph>& graph) {
  const torch::jit::AliasDb aliases(graph);
  std::vector<Value*> staying;
  bool writes = false;
  ForEachNode(*graph->block(), [&](Node& node) {
    writes = writes || WritesOutOfSight(node);
    if (Stays(node)) staying.push_back(node.output());
  });
  ForEachNode(*graph->block(), [&](const Node& node) {
    ForEachWritten(node, [&](Value* written) {
      writes = writes || (!IsNewContainer(*written) && aliases.mayContainAlias(written, staying));
    });
  });
  return writes;
}

// Whether nothing outside shows that a block was run, but for attributes that it sets, which are looked at one by one.
bool HasNoResult(torch::jit::Block& block) {
  bool has_none = block.outputs().empty();
  ForEachNode(block, [&](const Node& node) {
    if (node.kind() == c10::prim::RaiseException) has_none = false;
    ForEachWritten(node, [&](const Value* /*written*/) { has_none = false; });
  });
  return has_none;
}

// Whether a condition decides on nothing but what has no result.
bool OnlyDecides(const Value& condition) {
  return std::ranges::all_of(condition.uses(), [](const torch::jit::Use& use) {
    const Node& user = *use.user;
    if (std::string_view(user.kind().toQualString()) == "aten::__not__") return OnlyDecides(*user.output());
    return user.kind() == c10::prim::If && std::ranges::all_of(user.blocks(), [](const torch::jit::Block* block) {
             return HasNoResult(const_cast<torch::jit::Block&>(*block));
           });
  });
}

// Which of the attributes that the program sets are flags, a bit each.
uint64_t Flags(Graph& graph, const ValueOrigins& origins) {
  uint64_t flags = ~uint64_t{0};
  for (const ValueOrigins::Set& set : origins.sets()) {
    const bool is_constant = set.node->input(1)->node()->kind() == c10::prim::Constant;
    if (!is_constant || set.condition.inputs) flags &= ~(uint64_t{1} << set.attribute);
  }
  ForEachNode(*graph.block(), [&](const Node& node) {
    if (node.kind() != c10::prim::GetAttr || OnlyDecides(*node.output())) return;
    if (const auto attribute = origins.ReadBy(node)) flags &= ~(uint64_t{1} << *attribute);
  });
  return flags;
}

// Whether a run that finds the attribute as it is in the file sets it to what depends on no other run: nothing that
// inputs say, nothing that goes on from what was there.
bool IsScratch(const ValueOrigins::Set& set) {
  const uint64_t itself = uint64_t{1} << set.attribute;
  const bool is_new = !set.value.inputs && !set.value.written && (set.value.copied & ~itself) == 0;
  const bool goes_on = set.condition.inputs || set.condition.written || set.condition.copied != 0;
  return is_new && !goes_on && set.node->input(1)->type()->kind() != c10::TypeKind::NoneType;
}

// Which of the attributes are read before they are set, a bit each: what such a run finds may be another's.
uint64_t ReadFirst(Graph& graph, const ValueOrigins& origins) {
  uint64_t set = 0;
  uint64_t read_first = 0;
  ForEachNode(*graph.block(), [&](const Node& node) {
    for (const ValueOrigins::Set& each : origins.sets()) {
      if (each.node == &node) set |= uint64_t{1} << each.attribute;
    }
    if (node.kind() != c10::prim::GetAttr || OnlyHandsOn(*node.output())) return;
    if (const auto attribute = origins.ReadBy(node)) read_first |= (uint64_t{1} << *attribute) & ~set;
  });
  return read_first;
}

// torchvision's detectors, whose program nobody can follow to the end: it has branches for training that write into
// what comes out of lists and dicts. Yet what they set is known (as of torchvision 0.14): memos that a run works out of
// sizes where it finds none, and a flag for a warning.
constexpr std::array<std::string_view, 2> kKnownClasses = {"__torch__.torchvision.", "__torch__.torch.nn."};
constexpr std::array<std::string_view, 3> kKnownMemos = {"cell_anchors", "scales", "map_levels"};
constexpr std::string_view kKnownFlag = "_has_warned";

// It and all its parts.
bool IsTorchvisions(const c10::ivalue::Object& module) {
  const auto name = module.type()->name();
  const auto is_of = [&](std::string_view prefix) { return name->qualifiedName().starts_with(prefix); };
  if (!name || std::ranges::none_of(kKnownClasses, is_of)) return false;
  return std::ranges::all_of(
      module.slots(), [](const c10::IValue& part) { return !part.isObject() || IsTorchvisions(part.toObjectRef()); });
}

// Nothing: it sets something else as well, or nothing, and so is no detector. That one's writes are looked at: traced
// in the mode for training it counts batches.
std::optional<KeptState> StateOfTorchvisions(const ValueOrigins& origins) {
  if (origins.attributes().empty()) return std::nullopt;
  KeptState state;
  for (const AttributePath& path : origins.attributes()) {
    if (path.back() == kKnownFlag) {
      state.flags.push_back(path);
    } else if (std::ranges::find(kKnownMemos, path.back()) != kKnownMemos.end()) {
      state.scratch.push_back(path);
    } else {
      return std::nullopt;
    }
  }
  return state;
}

}  // namespace

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

KeptState FindKeptState(const Module& module, const std::shared_ptr<Graph>& graph) {
  const std::optional<ValueOrigins> origins = ValueOrigins::Find(module, *graph);
  if (origins && IsTorchvisions(*module._ivalue())) {
    if (std::optional<KeptState> known = StateOfTorchvisions(*origins)) return *std::move(known);
  }
  if (!origins || WritesIntoWhatStays(graph)) return {.keeps = true};
  const uint64_t flags = Flags(*graph, *origins);
  const auto is_flag = [&](size_t attribute) { return (flags >> attribute & 1) != 0; };
  const uint64_t read_first = ReadFirst(*graph, *origins);
  KeptState state;
  for (const ValueOrigins::Set& set : origins->sets()) {
    state.keeps =
        state.keeps || (!is_flag(set.attribute) && !(IsScratch(set) && (read_first >> set.attribute & 1) == 0));
  }
  if (state.keeps) return {.keeps = true};
  for (size_t i = 0; i < origins->attributes().size(); ++i) {
    (is_flag(i) ? state.flags : state.scratch).push_back(origins->attributes()[i]);
  }
  return state;
}

}  // namespace trireme::torch_backend
