// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/onnx_writer.h"

#include "onnxfile/fields.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

void WriteDim(WireWriter& out, const Dim& dim) {
  if (dim.size >= 0) out.Varint(dim_field::kValue, dim.size);
  if (!dim.name.empty()) out.Bytes(dim_field::kName, dim.name);
}

void WriteTensorType(WireWriter& out, const ValueInfo& value) {
  out.Varint(tensor_type_field::kElementType, static_cast<int64_t>(value.type));
  if (!value.is_shape_known) return;
  out.Message(tensor_type_field::kShape, [&] {
    for (const Dim& dim : value.dims) out.Message(shape_field::kDim, [&] { WriteDim(out, dim); });
  });
}

void WriteValue(WireWriter& out, const ValueInfo& value) {
  out.Bytes(value_field::kName, value.name);
  const auto write_tensor = [&] { out.Message(type_field::kTensor, [&] { WriteTensorType(out, value); }); };
  const auto write_sequence = [&] {
    out.Message(type_field::kSequence, [&] { out.Message(sequence_type_field::kElementType, write_tensor); });
  };
  out.Message(value_field::kType, [&] { value.is_sequence ? write_sequence() : write_tensor(); });
}

void WriteExternal(WireWriter& out, const TensorProto& tensor) {
  out.Message(tensor_field::kExternalData, [&] {
    out.Bytes(entry_field::kKey, "location");
    out.Bytes(entry_field::kValue, tensor.external_location);
  });
  for (const auto& [key, value] : tensor.external_entries) {
    out.Message(tensor_field::kExternalData, [&, &entry_key = key, &entry_value = value] {
      out.Bytes(entry_field::kKey, entry_key);
      out.Bytes(entry_field::kValue, entry_value);
    });
  }
  out.Varint(tensor_field::kDataLocation, tensor_field::kExternal);
}

void WriteTensor(WireWriter& out, const TensorProto& tensor) {
  for (const int64_t dim : tensor.dims) out.Varint(tensor_field::kDims, dim);
  out.Varint(tensor_field::kDataType, static_cast<int64_t>(tensor.type));
  for (const std::string& text : tensor.strings) out.Bytes(tensor_field::kStringData, text);
  out.Bytes(tensor_field::kName, tensor.name);
  if (!tensor.external_location.empty()) return WriteExternal(out, tensor);
  if (tensor.type != ElementType::kString) out.Bytes(tensor_field::kRawData, tensor.raw);
}

void WriteGraph(WireWriter& out, const Graph& graph);

// One overload a kind of value: the value, then the type that says which field it is in.
struct AttributeValueWriter {
  WireWriter& out;

  void operator()(int64_t value) const {
    out.Varint(attribute_field::kInt, value);
    out.Varint(attribute_field::kType, attribute_type::kInt);
  }
  void operator()(float value) const {
    out.Float(attribute_field::kFloat, value);
    out.Varint(attribute_field::kType, attribute_type::kFloat);
  }
  void operator()(const std::string& value) const {
    out.Bytes(attribute_field::kString, value);
    out.Varint(attribute_field::kType, attribute_type::kString);
  }
  void operator()(const TensorProto& value) const {
    out.Message(attribute_field::kTensor, [&] { WriteTensor(out, value); });
    out.Varint(attribute_field::kType, attribute_type::kTensor);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (const int64_t value : values) out.Varint(attribute_field::kInts, value);
    out.Varint(attribute_field::kType, attribute_type::kInts);
  }
  void operator()(const std::vector<float>& values) const {
    for (const float value : values) out.Float(attribute_field::kFloats, value);
    out.Varint(attribute_field::kType, attribute_type::kFloats);
  }
  void operator()(const std::vector<std::string>& values) const {
    for (const std::string& value : values) out.Bytes(attribute_field::kStrings, value);
    out.Varint(attribute_field::kType, attribute_type::kStrings);
  }
  void operator()(const std::vector<Graph>& graphs) const {
    out.Message(attribute_field::kGraph, [&] { WriteGraph(out, graphs.front()); });
    out.Varint(attribute_field::kType, attribute_type::kGraph);
  }
};

void WriteAttribute(WireWriter& out, const Attribute& attribute) {
  out.Bytes(attribute_field::kName, attribute.name);
  std::visit(AttributeValueWriter{out}, attribute.value);
}

void WriteNode(WireWriter& out, const Node& node) {
  for (const std::string& name : node.inputs) out.Bytes(node_field::kInput, name);
  for (const std::string& name : node.outputs) out.Bytes(node_field::kOutput, name);
  out.Bytes(node_field::kOpType, node.op_type);
  for (const Attribute& attribute : node.attributes) {
    out.Message(node_field::kAttribute, [&] { WriteAttribute(out, attribute); });
  }
  if (!node.domain.empty()) out.Bytes(node_field::kDomain, node.domain);
}

void WriteGraph(WireWriter& out, const Graph& graph) {
  for (const Node& node : graph.nodes) out.Message(graph_field::kNode, [&] { WriteNode(out, node); });
  out.Bytes(graph_field::kName, graph.name);
  for (const TensorProto& tensor : graph.initializers) {
    out.Message(graph_field::kInitializer, [&] { WriteTensor(out, tensor); });
  }
  for (const ValueInfo& input : graph.inputs) out.Message(graph_field::kInput, [&] { WriteValue(out, input); });
  for (const ValueInfo& output : graph.outputs) out.Message(graph_field::kOutput, [&] { WriteValue(out, output); });
}

void WriteOpset(WireWriter& out, const OpsetImport& opset) {
  out.Bytes(opset_field::kDomain, opset.domain);
  out.Varint(opset_field::kVersion, opset.version);
}

}  // namespace

void WriteFields(WireWriter& out, const Node& node) {
  WriteNode(out, node);
}
void WriteFields(WireWriter& out, const TensorProto& tensor) {
  WriteTensor(out, tensor);
}
void WriteFields(WireWriter& out, const ValueInfo& value) {
  WriteValue(out, value);
}
void WriteFields(WireWriter& out, const OpsetImport& opset) {
  WriteOpset(out, opset);
}

std::string Serialize(const Model& model) {
  WireWriter out;
  // Weights are most of it: memory that grows step by step would hold them twice for a moment.
  size_t weights = 0;
  for (const TensorProto& tensor : model.graph.initializers) weights += tensor.raw.size();
  constexpr size_t kRest = 1 << 16;
  out.Reserve(weights + kRest);
  out.Varint(model_field::kIrVersion, model.ir_version);
  if (!model.producer_name.empty()) out.Bytes(model_field::kProducerName, model.producer_name);
  if (!model.producer_version.empty()) out.Bytes(model_field::kProducerVersion, model.producer_version);
  out.Message(model_field::kGraph, [&] { WriteGraph(out, model.graph); });
  for (const OpsetImport& opset : model.opsets) {
    out.Message(model_field::kOpsetImport, [&] { WriteOpset(out, opset); });
  }
  return std::move(out).Take();
}

}  // namespace trireme::onnxfile
