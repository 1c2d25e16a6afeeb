// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/value_origins.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "backends/torch/graph_walk.h"

// GCC 12 takes the end of a temporary value of the library's for a write to where nothing is.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

namespace trireme::torch_backend {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

constexpr size_t kMostAttributes = 64;
constexpr int kMostRounds = 32;

bool IsOneOf(const Node& node, std::span<const std::string_view> kinds) {
  return std::ranges::find(kinds, std::string_view(node.kind().toQualString())) != kinds.end();
}

// They tell a value's form: how large, of which type, on which device.
bool TellsForm(const Node& node) {
  static constexpr std::array<std::string_view, 8> kKinds = {
      "aten::size",  "aten::dim",    "aten::numel",  "aten::len",
      "prim::dtype", "prim::device", "prim::layout", "aten::is_floating_point"};
  return IsOneOf(node, kKinds);
}

// Whether there is something: of what has been set, not what.
bool AsksForNone(const Node& node) {
  static constexpr std::array<std::string_view, 2> kKinds = {"aten::__is__", "aten::__isnot__"};
  return IsOneOf(node, kKinds);
}

// What comes out is what went in, or has it in it in the same order.
bool Copies(const Node& node) {
  static constexpr std::array<std::string_view, 10> kKinds = {"aten::to",
                                                              "aten::append",
                                                              "aten::contiguous",
                                                              "aten::detach",
                                                              "prim::ListConstruct",
                                                              "prim::TupleConstruct",
                                                              "prim::unchecked_cast",
                                                              "prim::unchecked_unwrap_optional",
                                                              "aten::list",
                                                              "prim::TupleUnpack"};
  if (IsOneOf(node, kKinds)) return true;
  // One after the other, as a loop counts.
  return std::string_view(node.kind().toQualString()) == "aten::__getitem__" && node.inputs().size() == 2 &&
         node.input(1)->node()->kind() == c10::prim::Param;
}

}  // namespace

std::optional<FoundAttribute> FindAttribute(const Value* value, const Module& module, const Graph& graph) {
  if (value == graph.inputs().at(0)) return FoundAttribute{.value = module._ivalue(), .path = {}};
  const Node* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return std::nullopt;
  auto owner = FindAttribute(node->input(0), module, graph);
  if (!owner || !owner->value.isObject()) return std::nullopt;
  const std::string& name = node->s(c10::attr::name);
  owner->path.push_back(name);
  return FoundAttribute{.value = owner->value.toObject()->getAttr(name), .path = std::move(owner->path)};
}

bool OnlyHandsOn(const Value& value) {
  return std::ranges::all_of(value.uses(), [](const torch::jit::Use& use) {
    const Node& user = *use.user;
    if (user.kind() == c10::prim::SetAttr || AsksForNone(user) || TellsForm(user)) return true;
    return Copies(user) &&
           std::ranges::all_of(user.outputs(), [](const Value* output) { return OnlyHandsOn(*output); });
  });
}

void Origins::Join(const Origins& other) {
  inputs = inputs || other.inputs;
  written = written || other.written;
  copied |= other.copied;
}

std::optional<ValueOrigins> ValueOrigins::Find(const Module& module, Graph& graph) {
  ValueOrigins origins(module, graph);
  if (!origins.FindAttributes() || !origins.Follow()) return std::nullopt;
  return origins;
}

std::optional<size_t> ValueOrigins::ReadBy(const Node& node) const {
  const auto owner = FindAttribute(node.input(0), module_, graph_);
  if (!owner || !owner->value.isObject()) return std::nullopt;
  const auto found = index_.find({owner->value.toObject().get(), node.s(c10::attr::name)});
  return found == index_.end() ? std::nullopt : std::optional<size_t>(found->second);
}

bool ValueOrigins::FindAttributes() {
  bool all_known = true;
  ForEachNode(*graph_.block(), [&](const Node& node) {
    if (node.kind() != c10::prim::SetAttr) return;
    auto owner = FindAttribute(node.input(0), module_, graph_);
    // Made by this run; anything else may be a part of the module that came by another way.
    if (!owner && node.input(0)->node()->kind() == c10::prim::CreateObject) return;
    all_known = all_known && owner && owner->value.isObject();
    if (!all_known) return;
    const std::string& name = node.s(c10::attr::name);
    if (!index_.try_emplace({owner->value.toObject().get(), name}, attributes_.size()).second) return;
    owner->path.push_back(name);
    attributes_.push_back(std::move(owner->path));
  });
  return all_known && attributes_.size() <= kMostAttributes;
}

// Round by round, as loops hand on what they have made, and lists are filled after they have been looked at.
bool ValueOrigins::Follow() {
  for (size_t i = 1; i < graph_.inputs().size(); ++i) Join(graph_.inputs()[i], {.inputs = true});
  for (int round = 0; round < kMostRounds; ++round) {
    has_changed_ = false;
    sets_.clear();
    FollowBlock(*graph_.block(), {});
    if (!has_changed_) return true;
  }
  return false;
}

void ValueOrigins::FollowBlock(Block& block, const Origins& condition) {
  for (Node* node : block.nodes()) FollowNode(*node, condition);
}

void ValueOrigins::FollowNode(Node& node, const Origins& condition) {
  if (node.kind() == c10::prim::If) return FollowIf(node, condition);
  if (node.kind() == c10::prim::Loop) return FollowLoop(node, condition);
  if (node.kind() == c10::prim::SetAttr) return FollowSet(node, condition);
  Origins origins = OfInputs(node);
  if (node.kind() == c10::prim::GetAttr) {
    if (const auto attribute = ReadBy(node)) origins = {.copied = uint64_t{1} << *attribute};
  } else if (AsksForNone(node)) {
    origins = {};
  } else if (!Copies(node)) {
    origins.written = origins.written || origins.copied != 0;
    origins.copied = 0;
  }
  if (TellsForm(node)) origins.inputs = false;
  origins.inputs = origins.inputs || node.isNondeterministic();
  for (const Value* output : node.outputs()) Join(output, origins);
  // What is written to has in it what is written, if it is written.
  origins.Join(condition);
  ForEachWritten(node, [&](const Value* written) { Join(written, origins); });
}

void ValueOrigins::FollowIf(Node& node, const Origins& condition) {
  Origins inside = condition;
  inside.Join(Of(node.input(0)));
  for (Block* block : node.blocks()) {
    FollowBlock(*block, inside);
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      Join(node.outputs()[i], Of(block->outputs()[i]));
      Join(node.outputs()[i], Of(node.input(0)));
    }
  }
}

// How often it goes round is a form; whether it goes on may be more.
void ValueOrigins::FollowLoop(Node& node, const Origins& condition) {
  Block& body = *node.blocks().at(0);
  Origins inside = condition;
  inside.Join(Of(node.input(1)));
  inside.Join(Of(body.outputs()[0]));
  for (size_t i = 0; i < node.outputs().size(); ++i) {
    for (const Value* value : {node.inputs()[i + 2], body.outputs()[i + 1]}) {
      Join(body.inputs()[i + 1], Of(value));
      Join(node.outputs()[i], Of(value));
    }
    Join(node.outputs()[i], inside);
  }
  FollowBlock(body, inside);
}

void ValueOrigins::FollowSet(const Node& node, const Origins& condition) {
  const Origins value = Of(node.input(1));
  const auto owner = FindAttribute(node.input(0), module_, graph_);
  if (!owner) {
    Join(node.input(0), value);
    Join(node.input(0), condition);
    return;
  }
  const size_t attribute = index_.at({owner->value.toObject().get(), node.s(c10::attr::name)});
  sets_.push_back({.node = &node, .attribute = attribute, .value = value, .condition = condition});
}

Origins ValueOrigins::OfInputs(const Node& node) const {
  Origins origins;
  for (const Value* input : node.inputs()) origins.Join(Of(input));
  return origins;
}

Origins ValueOrigins::Of(const Value* value) const {
  const auto found = origins_.find(value);
  return found == origins_.end() ? Origins() : found->second;
}

void ValueOrigins::Join(const Value* value, const Origins& origins) {
  Origins& known = origins_[value];
  const Origins before = known;
  known.Join(origins);
  has_changed_ = has_changed_ || !(known == before);
}

}  // namespace trireme::torch_backend
