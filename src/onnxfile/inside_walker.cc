// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/inside_walker.h"

#include <utility>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model, so that a hostile one cannot make its summary much larger than itself.
constexpr size_t kMaxOpTypes = 4096;
constexpr size_t kMaxExternalTensors = 1 << 20;
constexpr int kMaxGraphDepth = 32;
constexpr size_t kMaxNodeBytes = 64 << 20;

}  // namespace

Status InsideWalker::WalkGraph(ByteSpan graph, int depth) {
  if (depth > kMaxGraphDepth) return TooMany("graphs inside one another", kMaxGraphDepth);
  if (depth > 0) ForgetNodes();
  return ForEachField(source_, graph, "a graph", [&](const WireField& field) -> Status {
    if (field.IsBytes(graph_field::kNode)) return WalkNode(field.bytes, depth);
    if (field.IsBytes(graph_field::kInitializer)) return WalkInitializer(field.bytes, depth);
    if (field.IsBytes(graph_field::kSparseInitializer)) return WalkSparseTensor(field.bytes);
    return {};
  });
}

Status InsideWalker::WalkFunction(ByteSpan function) {
  ForgetNodes();
  return ForEachField(source_, function, "a function", [&](const WireField& field) -> Status {
    if (field.IsBytes(function_field::kNode)) return WalkNode(field.bytes, 1);
    return field.IsBytes(function_field::kDefaultAttribute) ? WalkAttribute(field.bytes, 1) : Status();
  });
}

void InsideWalker::MoveTo(ModelSummary& summary) {
  summary.op_counts.assign(op_counts_.begin(), op_counts_.end());
  summary.nodes = std::move(nodes_);
  summary.constant_bytes = constant_bytes_;
  summary.external_tensors = std::move(external_tensors_);
}

Status InsideWalker::WalkNode(ByteSpan node, int depth) {
  const bool remembered = depth == 0 && nodes_;
  GraphNode read;
  std::string domain;
  RETURN_IF_ERROR(ForEachField(source_, node, "a node", [&](const WireField& field) -> Status {
    if (field.type != WireField::Type::kBytes) return {};
    switch (field.number) {
      case node_field::kOpType: {
        ASSIGN_OR_RETURN(read.op_type, source_.Text(field.bytes));
        return {};
      }
      case node_field::kDomain: {
        ASSIGN_OR_RETURN(domain, source_.Text(field.bytes));
        return {};
      }
      case node_field::kInput:
      case node_field::kOutput:
        return remembered ? ReadEdge(field.bytes, field.number == node_field::kInput ? read.inputs : read.outputs)
                          : Status();
      case node_field::kAttribute:
        return WalkAttribute(field.bytes, depth);
      default:
        return {};
    }
  }));
  if (!domain.empty() && domain != "ai.onnx") read.op_type = domain + "." + read.op_type;
  RETURN_IF_ERROR(CountOp(read.op_type));
  if (remembered && HasRoomFor(sizeof(GraphNode) + read.op_type.size())) nodes_->push_back(std::move(read));
  return {};
}

// The name of a value that a node reads or makes.
Status InsideWalker::ReadEdge(ByteSpan text, std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(std::string name, source_.Text(text));
  if (HasRoomFor(sizeof(std::string) + name.size())) names.push_back(std::move(name));
  return {};
}

bool InsideWalker::HasRoomFor(size_t bytes) {
  node_bytes_ += bytes;
  if (node_bytes_ > kMaxNodeBytes) ForgetNodes();
  return nodes_.has_value();
}

Status InsideWalker::CountOp(std::string name) {
  ++op_counts_[std::move(name)];
  return op_counts_.size() > kMaxOpTypes ? TooMany("types of operators", kMaxOpTypes) : Status();
}

Status InsideWalker::WalkAttribute(ByteSpan attribute, int depth) {
  return ForEachField(source_, attribute, "an attribute", [&](const WireField& field) -> Status {
    if (field.Is(attribute_field::kFloats, WireField::Type::kFixed32)) AddConstantBytes(sizeof(float));
    if (field.IsVarint(attribute_field::kInts)) AddConstantBytes(sizeof(int64_t));
    if (field.type != WireField::Type::kBytes) return {};
    switch (field.number) {
      case attribute_field::kFloats:
      case attribute_field::kInts:
      case attribute_field::kStrings:
        AddConstantBytes(field.bytes.size());
        return {};
      case attribute_field::kTensor:
      case attribute_field::kTensors: {
        ASSIGN_OR_RETURN(ConstantFacts facts, ReadConstant(source_, field.bytes));
        return Note(std::move(facts));
      }
      case attribute_field::kSparseTensor:
      case attribute_field::kSparseTensors:
        return WalkSparseTensor(field.bytes);
      case attribute_field::kGraph:
      case attribute_field::kGraphs:
        return WalkGraph(field.bytes, depth + 1);
      default:
        return {};
    }
  });
}

Status InsideWalker::WalkInitializer(ByteSpan tensor, int depth) {
  ASSIGN_OR_RETURN(ConstantFacts facts, ReadConstant(source_, tensor));
  if (depth == 0) {
    if (const auto watched = watched_.find(facts.name); watched != watched_.end()) watched->second = true;
  }
  return Note(std::move(facts));
}

Status InsideWalker::WalkSparseTensor(ByteSpan sparse) {
  return ForEachField(source_, sparse, "a sparse constant", [&](const WireField& field) -> Status {
    if (!field.IsBytes(sparse_field::kValues) && !field.IsBytes(sparse_field::kIndices)) return {};
    ASSIGN_OR_RETURN(ConstantFacts facts, ReadConstant(source_, field.bytes));
    return Note(std::move(facts));
  });
}

Status InsideWalker::Note(ConstantFacts facts) {
  AddConstantBytes(facts.bytes);
  if (!facts.external) return {};
  if (external_tensors_.size() == kMaxExternalTensors) return TooMany("constants in other files", kMaxExternalTensors);
  external_tensors_.push_back(*std::move(facts.external));
  return {};
}

void InsideWalker::AddConstantBytes(uint64_t bytes) {
  constant_bytes_ = SaturatingAdd(constant_bytes_, bytes);
}

}  // namespace trireme::onnxfile
