// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/variables.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/tensorflow/attributes.h"
#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

constexpr const char* kObjectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";
constexpr uint64_t kMostPadded = 1 << 20;
constexpr int kMostAliases = 16;

// Where a value comes from, what only hands it on left out.
std::optional<TensorPlace> SourceOf(CallTree& calls, int32_t frame, std::string_view tensor) {
  for (int i = 0; i < kMostAliases; ++i) {
    const Result<TensorPlace> place = calls.Resolve(frame, tensor);
    if (!place.ok()) return std::nullopt;
    const NodeDef& node = calls.Node(place->at);
    const bool hands_on = node.op == "Identity" || node.op == "DisableCopyOnRead";
    if (!hands_on || node.inputs.empty()) return *place;
    frame = place->at.frame;
    tensor = node.inputs.front();
  }
  return std::nullopt;
}

std::vector<std::string> ConstantStrings(CallTree& calls, int32_t frame, std::string_view tensor) {
  const std::optional<TensorPlace> place = SourceOf(calls, frame, tensor);
  if (!place || calls.Node(place->at).op != "Const") return {};
  const auto message = Attributes(calls.Node(place->at).message).Tensor("value");
  if (!message) return {};
  Result<Literal> literal = ReadTensorProto(*message, kMostPadded);
  return literal.ok() ? std::move(literal->strings) : std::vector<std::string>();
}

// A SerializedTensor of a TrackableObjectGraph.
struct ObjectTensor {
  std::string_view full_name;
  std::string_view key;
};

Result<ObjectTensor> ReadObjectTensor(std::string_view message) {
  ObjectTensor tensor;
  RETURN_IF_ERROR(ForEachField(message, "a SerializedTensor", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 2)) tensor.full_name = field.bytes;
    if (IsBytes(field, 3)) tensor.key = field.bytes;
    return {};
  }));
  return tensor;
}

}  // namespace

bool IsVariable(std::string_view op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable";
}

Status CheckVariable(const NodeDef& variable, const Literal& stored, std::string_view key) {
  const Attributes attributes(variable.message);
  const std::optional<TfType> type = attributes.Type("dtype");
  const std::optional<std::string_view> shape = attributes.Shape("shape");
  std::optional<Dims> dims;
  if (shape) {
    ASSIGN_OR_RETURN(dims, ReadShape(*shape));
  }
  if (variable.op == "Variable" && dims && dims->empty()) dims.reset();  // how the oldest op says any shape
  const auto accepts = [](int64_t said, int64_t found) { return said == kAnySize || said == found; };
  const bool same_type = !type || ToElementType(*type) == stored.type;
  if (same_type && (!dims || std::ranges::equal(*dims, stored.dims, accepts))) return {};
  const std::string said = (type ? NameOf(*type) : "") + (dims ? " " + TextOf(*dims) : "");
  return InvalidArgument("variable '" + Shown(variable.name) + "' is " + said + " in the graph, and entry '" +
                         Shown(key) + "' of variables/variables.index, which is stored for it, is " +
                         NameOf(stored.type) + " " + TextOf(stored.dims));
}

const std::vector<VariableTable::Restored>& VariableTable::EntriesOf(CallTree& calls, NodePlace restore) {
  const NodeDef& node = calls.Node(restore);
  const auto [found, is_new] = of_restore_.try_emplace(&node);
  if (!is_new || node.inputs.size() < 3) return found->second;
  const std::vector<std::string> names = ConstantStrings(calls, restore.frame, node.inputs[1]);
  const std::vector<std::string> slices = ConstantStrings(calls, restore.frame, node.inputs[2]);
  for (size_t i = 0; i < names.size(); ++i) {
    found->second.push_back({.name = names[i], .slice = i < slices.size() ? slices[i] : ""});
  }
  return found->second;
}

void VariableTable::ReadAssignments(CallTree& calls, int32_t frame) {
  for (const NodeDef& node : calls.Table(frame).nodes) {
    if ((node.op != "AssignVariableOp" && node.op != "Assign") || node.inputs.size() < 2) continue;
    const std::optional<TensorPlace> value = SourceOf(calls, frame, node.inputs[1]);
    if (!value || calls.Node(value->at).op != "RestoreV2") continue;
    const std::optional<TensorPlace> variable = SourceOf(calls, frame, node.inputs[0]);
    if (!variable || !IsVariable(calls.Node(variable->at).op)) continue;
    const std::vector<Restored>& entries = EntriesOf(calls, value->at);
    const auto index = static_cast<size_t>(value->output);
    if (index < entries.size()) restored_.emplace(&calls.Node(variable->at), entries[index]);
  }
}

Status VariableTable::ReadObjectGraph() {
  if (bundle_->Find(kObjectGraph) == nullptr) return {};
  ASSIGN_OR_RETURN(const Literal graph, bundle_->LiteralOf(kObjectGraph));
  if (graph.strings.size() != 1) return InvalidArgument(std::string(kObjectGraph) + " is not one string");
  return ForEachField(graph.strings.front(), kObjectGraph, [&](const ProtoField& node) -> Status {
    if (!IsBytes(node, 1)) return {};
    return ForEachField(node.bytes, kObjectGraph, [&](const ProtoField& field) -> Status {
      if (!IsBytes(field, 2)) return {};
      ASSIGN_OR_RETURN(const ObjectTensor tensor, ReadObjectTensor(field.bytes));
      if (tensor.full_name.empty()) return {};
      const auto [found, is_new] = by_full_name_.emplace(tensor.full_name, tensor.key);
      if (!is_new && found->second != tensor.key) found->second.clear();
      return {};
    });
  });
}

Result<VariableTable> VariableTable::Read(const MetaGraph& meta, CallTree& calls, const TensorBundle& bundle) {
  VariableTable table(bundle);
  table.ReadAssignments(calls, 0);
  if (!meta.restore_op.empty()) {
    const Result<int32_t> frame = calls.EnterCall(meta.restore_op);
    if (frame.ok()) table.ReadAssignments(calls, *frame);
  }
  RETURN_IF_ERROR(table.ReadObjectGraph());
  return table;
}

Result<std::string> VariableTable::KeyOf(const NodeDef& variable) const {
  const std::string shared(Attributes(variable.message).Text("shared_name").value_or(""));
  const std::string name = shared.empty() ? std::string(variable.name) : shared;
  if (const auto found = restored_.find(&variable); found != restored_.end()) {
    const Restored& restored = found->second;
    if (restored.slice.empty()) return restored.name;
    const size_t space = restored.slice.rfind(' ');
    const std::optional<std::string> key = SliceKey(restored.name, std::string_view(restored.slice).substr(space + 1));
    if (key && bundle_->Find(*key) != nullptr) return *key;
    return Unsupported("variable '" + Shown(name) + "' is the part " + Shown(restored.slice) + " of '" +
                       Shown(restored.name) + "', which variables/variables.index does not have as one entry");
  }
  const auto object = by_full_name_.find(name);
  if (object != by_full_name_.end() && !object->second.empty()) return object->second;
  for (const std::string& key : {name, std::string(variable.name)}) {
    if (bundle_->Find(key) != nullptr) return key;
  }
  return NotFound("variable '" + Shown(name) + "' is not in variables/variables.index");
}

}  // namespace trireme::tensorflow
