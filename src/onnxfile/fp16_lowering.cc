// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/fp16_lowering.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codec/small_float.h"
#include "onnxfile/fp16_rules.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnxfile {
namespace {

constexpr double kLeastFp16 = 0x1p-24;
constexpr size_t kOutermost = 0;

// Numbers in FP16, and how many of them had to be moved into its range.
struct Narrowed {
  std::string elements;
  int64_t clamped = 0;
};

bool IsBeyond(float number) {
  return std::isfinite(number) && std::fabs(number) > kMaxFp16;
}

Narrowed Narrow(const std::vector<float>& floats) {
  Narrowed narrowed;
  narrowed.elements.resize(floats.size() * sizeof(uint16_t));
  for (size_t i = 0; i < floats.size(); ++i) {
    double number = floats[i];
    if (IsBeyond(floats[i])) {
      number = std::copysign(kMaxFp16, number);
      ++narrowed.clamped;
    }
    const bool vanishes = floats.size() == 1 && number != 0 && std::fabs(number) < kLeastFp16;
    if (vanishes) number = std::copysign(kLeastFp16, number);
    const uint16_t bits = NarrowToFp16(number);
    std::memcpy(narrowed.elements.data() + i * sizeof(bits), &bits, sizeof(bits));
  }
  return narrowed;
}

class Fp16Lowering {
 public:
  Fp16Lowering(GraphChanger& changer, LoweringNotes& notes)
      : changer_(changer), notes_(notes), graph_(changer.index().graphs[kOutermost]) {
    for (const std::vector<GraphValue>* values : {&graph_.values, &graph_.outputs, &graph_.inputs}) {
      for (const GraphValue& value : *values) {
        if (value.kind == GraphValue::Kind::kTensor) types_[value.name] = value.type;
      }
    }
  }

  Status Run() {
    RETURN_IF_ERROR(FindLargeValues());
    for (const IndexedNode& node : graph_.nodes) RETURN_IF_ERROR(Visit(node));
    std::vector<NewNode> casts;
    for (const GraphValue& output : graph_.outputs) Widen(output.name, casts);
    changer_.AppendNodes(kOutermost, casts);
    if (!pays_) return {};  // constants that were turned round, and the like
    for (const IndexedNode* node : changed_) notes_.NoteChanged(*node);
    notes_.Note("it is for devices that compute in FP16: on a CPU it takes many times as long as in FP32");
    if (clamped_ > 0) {
      notes_.Note(std::to_string(clamped_) + (clamped_ == 1 ? " number is" : " numbers are") +
                  " beyond FP16's range and became 65504, its largest");
    }
    return {};
  }

 private:
  // What is normalised by constants beyond FP16's range is as large itself: who makes it had better not do so in FP16.
  Status FindLargeValues() {
    for (const IndexedNode& node : graph_.nodes) {
      if (!node.Is("BatchNormalization")) continue;
      for (size_t i = 1; i < node.inputs.size(); ++i) {
        ASSIGN_OR_RETURN(const bool is_beyond, IsBeyondRange(node.inputs[i]));
        if (is_beyond) large_values_.insert(node.inputs[0]);
      }
    }
    return {};
  }

  // Whether it is a constant that has many numbers, one of them finite and beyond FP16's range. A single one stands for
  // "infinitely much" as a rule, and may become less.
  Result<bool> IsBeyondRange(const std::string& name) {
    if (!IsConstant(name)) return false;
    const IndexedConstant& constant = *changer_.scopes().FindConstant(name, kOutermost)->constant;
    const auto [found, is_new] = beyond_range_.try_emplace(constant.message.begin, false);
    if (is_new) {
      ASSIGN_OR_RETURN(const std::vector<float> floats, changer_.ReadFloats(constant));
      found->second = floats.size() > 1 && std::ranges::any_of(floats, IsBeyond);
    }
    return found->second;
  }

  Status Visit(const IndexedNode& node) {
    // Who reads it reads the constant behind it.
    if (node.outputs.size() == 1 && IsConstant(node.outputs[0])) return {};
    const Fp16Rule rule = RuleOf(node);
    const bool computes = rule.kind == Fp16Rule::Kind::kFollows || rule.kind == Fp16Rule::Kind::kPays;
    if (computes) {
      ASSIGN_OR_RETURN(const char* why_not, WhyNot(node, rule));
      if (why_not == nullptr) return Lower(node, rule);
      if (rule.kind == Fp16Rule::Kind::kPays) notes_.NoteLeft(node, why_not);
    }
    if (rule.kind == Fp16Rule::Kind::kAny) return PassOn(node);
    NoteTypes(node, rule);
    std::vector<NewNode> casts;
    for (const std::string& input : node.inputs) Widen(input, casts);
    for (const size_t inside : node.graphs) WidenForGraph(inside, casts);
    changer_.InsertBefore(kOutermost, node, casts);
    return {};
  }

  bool IsConstant(const std::string& name) {
    const std::optional<ConstantUse> use = changer_.scopes().FindConstant(name, kOutermost);
    if (!use || use->transposed || use->constant->type != ElementType::kFloat) return false;
    // Not through what turns it round: what that gives has a name and a type of its own.
    return use->constant->elements || use->constant->external;
  }

  bool IsFloat(const std::string& name) {
    if (narrow_.contains(name) || IsConstant(name)) return true;
    const auto type = types_.find(name);
    return type != types_.end() && type->second == ElementType::kFloat;
  }

  // Null: it can compute in FP16, and should.
  Result<const char*> WhyNot(const IndexedNode& node, const Fp16Rule& rule) {
    if (node.outputs.size() != 1 || !node.graphs.empty()) return "more than one output";
    if (large_values_.contains(node.outputs[0])) return "its output is beyond FP16's range";
    bool any_is_float = false, all_are_narrow = true;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string& input = node.inputs[i];
      if (input.empty() || !rule.Changes(i)) continue;
      any_is_float |= IsFloat(input);
      all_are_narrow &= narrow_.contains(input) || IsConstant(input);
      const auto type = types_.find(input);
      const bool is_other = type != types_.end() && type->second != ElementType::kFloat;
      if (is_other && !narrow_.contains(input)) return "inputs that are not FP32";
      ASSIGN_OR_RETURN(const bool is_beyond, IsBeyondRange(input));
      if (is_beyond) return "numbers beyond FP16's range";
    }
    if (!any_is_float) return "inputs whose types are not known";
    const bool is_wanted = rule.kind == Fp16Rule::Kind::kPays || all_are_narrow;
    return is_wanted ? static_cast<const char*>(nullptr) : "inputs in FP32";
  }

  // What it gives is FP32, if what it reads is known to be.
  void NoteTypes(const IndexedNode& node, const Fp16Rule& rule) {
    if (node.Is("Cast") && node.outputs.size() == 1) {
      types_[node.outputs[0]] = static_cast<ElementType>(node.IntOr("to", 0));
      return;
    }
    if ((rule.kind == Fp16Rule::Kind::kStays && !GivesTypeOfInput(node)) || node.outputs.empty()) return;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (rule.Changes(i) && IsFloat(node.inputs[i])) types_[node.outputs[0]] = ElementType::kFloat;
    }
  }

  Status Lower(const IndexedNode& node, const Fp16Rule& rule) {
    std::vector<NewNode> nodes;
    NewNode lowered{.node = {node.op_type, node.inputs, {}}, .attributes_of = &node};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i].empty()) continue;
      if (rule.Changes(i)) {
        ASSIGN_OR_RETURN(lowered.node.inputs[i], NarrowName(node.inputs[i], nodes));
      } else {
        Widen(node.inputs[i], nodes);
      }
    }
    const std::string& output = node.outputs[0];
    lowered.node.outputs = {changer_.scopes().NewName(output + "_fp16")};
    narrow_[output] = lowered.node.outputs[0];
    only_narrow_.insert(output);
    nodes.push_back(std::move(lowered));
    changer_.ReplaceNode(kOutermost, node, nodes);
    changed_.push_back(&node);
    pays_ |= rule.kind == Fp16Rule::Kind::kPays;
    return {};
  }

  // What a value is called in FP16, which it becomes if it is not yet.
  Result<std::string> NarrowName(const std::string& name, std::vector<NewNode>& casts) {
    if (const auto found = narrow_.find(name); found != narrow_.end()) return found->second;
    if (IsConstant(name)) return NarrowConstant(name);
    const std::string narrow = changer_.scopes().NewName(name + "_fp16");
    casts.push_back(Cast(name, narrow, ElementType::kFloat16));
    narrow_[name] = narrow;
    return narrow;
  }

  Result<std::string> NarrowConstant(const std::string& name) {
    const ConstantUse use = *changer_.scopes().FindConstant(name, kOutermost);
    std::string& narrow = constants_[use.constant->message.begin];
    if (narrow.empty()) {
      ASSIGN_OR_RETURN(const std::vector<float> floats, changer_.ReadFloats(*use.constant));
      Narrowed narrowed = Narrow(floats);
      clamped_ += narrowed.clamped;
      narrow = changer_.AddConstant(kOutermost, {.name = name + "_fp16",
                                                 .type = ElementType::kFloat16,
                                                 .dims = use.constant->dims,
                                                 .raw = std::move(narrowed.elements),
                                                 .strings = {},
                                                 .external_location = {}});
    }
    narrow_[name] = narrow;
    return narrow;
  }

  // Makes sure that a value is there in FP32, by its own name.
  void Widen(const std::string& name, std::vector<NewNode>& casts) {
    if (only_narrow_.erase(name) > 0) casts.push_back(Cast(narrow_[name], name, ElementType::kFloat));
  }

  // Whatever it reads from outside.
  void WidenForGraph(size_t inside, std::vector<NewNode>& casts) {
    const IndexedGraph& graph = changer_.index().graphs[inside];
    for (const IndexedNode& node : graph.nodes) {
      for (const std::string& input : node.inputs) Widen(input, casts);
      for (const size_t further : node.graphs) WidenForGraph(further, casts);
    }
    for (const GraphValue& output : graph.outputs) Widen(output.name, casts);
  }

  // Reads what there is, of whatever type.
  Status PassOn(const IndexedNode& node) {
    const bool is_only_narrow = node.inputs.size() == 1 && only_narrow_.contains(node.inputs[0]);
    if (!is_only_narrow) return {};
    changer_.ReplaceNode(kOutermost, node,
                         {{.node = {node.op_type, {narrow_[node.inputs[0]]}, node.outputs}, .attributes_of = &node}});
    return {};
  }

  static NewNode Cast(std::string from, std::string to, ElementType type) {
    return {.node = {"Cast", {std::move(from)}, {std::move(to)}, {{"to", static_cast<int64_t>(type)}}}};
  }

  GraphChanger& changer_;
  LoweringNotes& notes_;
  const IndexedGraph& graph_;
  std::unordered_map<std::string_view, ElementType> types_;  // of values as they were, where that is known
  std::map<std::string, std::string> narrow_;                // what a value is called in FP16
  std::set<std::string> only_narrow_;                        // those that nobody has asked for in FP32 yet
  std::set<std::string> large_values_;
  std::map<uint64_t, bool> beyond_range_;      // constants, by where they lie
  std::map<uint64_t, std::string> constants_;  // in FP16, by where they lie
  int64_t clamped_ = 0;
  std::vector<const IndexedNode*> changed_;
  bool pays_ = false;  // one of these
};

}  // namespace

Status LowerToFp16(GraphChanger& changer, LoweringNotes& notes) {
  return Fp16Lowering(changer, notes).Run();
}

}  // namespace trireme::onnxfile
