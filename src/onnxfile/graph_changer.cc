// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/graph_changer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "onnxfile/fields.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

constexpr uint64_t kMostBytes = std::numeric_limits<int32_t>::max();  // no reader of protobuf takes more
// The IR version from which on initialisers need not be inputs too.
constexpr int64_t kFirstWithoutListing = 4;

ValueInfo Listed(const TensorProto& tensor) {
  return {.name = tensor.name, .type = tensor.type, .dims = {tensor.dims.begin(), tensor.dims.end()}};
}

// What is gone where nobody reads what it gives.
bool IsConstantOrHandsOn(const IndexedNode& node) {
  bool swapped = false;
  return (node.Is("Constant") && node.outputs.size() == 1) || HandsOnMatrix(node, swapped);
}

Result<std::string> WithData(std::string model, const ReadElements& read_elements) {
  ASSIGN_OR_RETURN(const ModelSummary summary, ReadModelSummary(model));
  if (std::ranges::none_of(summary.external_tensors, &ExternalTensor::in_use)) return model;
  uint64_t bytes = model.size();
  for (const ExternalTensor& tensor : summary.external_tensors) {
    if (!tensor.in_use) continue;
    if (tensor.bytes > kMostBytes - bytes) return TooLarge("with its data in it the model would have more than 2 GiB");
    bytes += tensor.bytes;
  }
  return EmbedData(model, summary, read_elements);
}

}  // namespace

GraphChanger::GraphChanger(std::string_view model, const ModelIndex& index, const ReadElements& read_elements)
    : model_(model), index_(index), read_elements_(read_elements), scopes_(index) {}

Result<std::vector<float>> GraphChanger::ReadFloats(const IndexedConstant& constant) const {
  if (constant.external) {
    constexpr uint64_t kMostAtOnce = 4 * kMostBytes;  // which become 2 GiB of integers
    if (constant.external->bytes > kMostAtOnce) {
      return TooLarge("constant '" + constant.name + "' has more than 8 GiB");
    }
    std::vector<float> elements(constant.external->bytes / sizeof(float));
    const std::span<float> all(elements);
    RETURN_IF_ERROR(read_elements_(*constant.external, {reinterpret_cast<char*>(all.data()), all.size_bytes()}));
    return elements;
  }
  if (!constant.elements) return InvalidArgument("constant '" + constant.name + "' has no elements that can be read");
  std::vector<float> elements(constant.elements->size() / sizeof(float));
  // Not aligned, in the model.
  if (!elements.empty()) {
    std::memcpy(elements.data(), model_.data() + constant.elements->begin, elements.size() * sizeof(float));
  }
  return elements;
}

std::string GraphChanger::AddConstant(size_t graph, TensorProto tensor) {
  tensor.name = scopes_.NewName(tensor.name);
  const bool is_listed = graph == 0 && index_.ir_version < kFirstWithoutListing;
  edits_.Append(index_.graphs[graph].message, [&](WireWriter& out) {
    out.Message(graph_field::kInitializer, [&] { WriteFields(out, tensor); });
    if (is_listed) out.Message(graph_field::kInput, [&] { WriteFields(out, Listed(tensor)); });
  });
  return tensor.name;
}

void GraphChanger::Keep(WireWriter& out, int field, ByteSpan message) const {
  out.Bytes(field, model_.substr(message.begin, message.size()));
}

void GraphChanger::Write(WireWriter& out, size_t graph, const std::vector<NewNode>& nodes) {
  for (const NewNode& added : nodes) {
    for (const std::string& input : added.node.inputs) {
      if (Definition* definition = scopes_.Find(input, graph); definition != nullptr) ++definition->uses;
    }
    out.Message(graph_field::kNode, [&] {
      WriteFields(out, added.node);
      if (added.attributes_of == nullptr) return;
      for (const IndexedAttribute& attribute : added.attributes_of->attributes) {
        Keep(out, node_field::kAttribute, attribute.message);
      }
    });
  }
}

void GraphChanger::NoLongerReads(std::string_view name, size_t graph) {
  Definition* definition = scopes_.Find(name, graph);
  if (definition == nullptr) return;
  --definition->uses;
  maybe_unused_.push_back(definition);
}

void GraphChanger::ReplaceNode(size_t graph, const IndexedNode& node, const std::vector<NewNode>& nodes) {
  edits_.Replace(node.message, [&](WireWriter& out) { Write(out, graph, nodes); });
  for (const std::string& input : node.inputs) NoLongerReads(input, graph);
  replaced_.insert(&node);
}

void GraphChanger::InsertBefore(size_t graph, const IndexedNode& node, const std::vector<NewNode>& nodes) {
  if (nodes.empty()) return;
  edits_.Replace(node.message, [&](WireWriter& out) {
    Write(out, graph, nodes);
    Keep(out, graph_field::kNode, node.message);
  });
}

void GraphChanger::AppendNodes(size_t graph, const std::vector<NewNode>& nodes) {
  edits_.Append(index_.graphs[graph].message, [&](WireWriter& out) { Write(out, graph, nodes); });
}

void GraphChanger::SetOpset(int64_t version) {
  for (const IndexedOpset& import : index_.opsets) {
    if (!import.opset.domain.empty() && import.opset.domain != "ai.onnx") continue;
    edits_.Replace(import.message, [&](WireWriter& out) {
      out.Message(model_field::kOpsetImport, [&] { WriteFields(out, OpsetImport{.domain = {}, .version = version}); });
    });
  }
}

void GraphChanger::ImportDomain(const std::string& domain) {
  const bool is_there =
      std::ranges::any_of(index_.opsets, [&](const IndexedOpset& import) { return import.opset.domain == domain; });
  if (is_there) return;
  edits_.Append({0, model_.size()}, [&](WireWriter& out) {
    out.Message(model_field::kOpsetImport, [&] { WriteFields(out, OpsetImport{.domain = domain, .version = 1}); });
  });
}

void GraphChanger::Remove(const Definition& definition) {
  if (definition.constant != nullptr) {
    edits_.Remove(definition.constant->message);
    const IndexedGraph& graph = index_.graphs[definition.graph];
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      if (graph.inputs[i].name == definition.constant->name) edits_.Remove(graph.input_messages[i]);
    }
    return;
  }
  // What stands in a node's place has other outputs, which others read.
  const IndexedNode* node = definition.node;
  if (node == nullptr || replaced_.contains(node) || !IsConstantOrHandsOn(*node)) return;
  edits_.Remove(node->message);
  for (const std::string& input : node->inputs) NoLongerReads(input, definition.graph);
}

void GraphChanger::RemoveUnused() {
  while (!maybe_unused_.empty()) {
    Definition* definition = maybe_unused_.back();
    maybe_unused_.pop_back();
    if (definition->uses != 0) continue;
    definition->uses = -1;  // gone: once is enough
    Remove(*definition);
  }
}

Result<std::string> GraphChanger::Finish() && {
  RemoveUnused();
  ASSIGN_OR_RETURN(std::string changed, edits_.Apply(model_));
  return WithData(std::move(changed), read_elements_);
}

}  // namespace trireme::onnxfile
