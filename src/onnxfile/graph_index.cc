// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/graph_index.h"

#include <algorithm>
#include <utility>

#include "onnxfile/constant_reader.h"
#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/value_reader.h"
#include "onnxfile/wire_reader.h"
#include "tensor/data_type.h"

namespace trireme::onnxfile {
namespace {

constexpr int kMaxGraphDepth = 32;
constexpr size_t kMaxDims = 64;
constexpr size_t kMaxNumbers = kMaxDims;  // of a list: nobody asks for more than one a dimension

class Indexer {
 public:
  explicit Indexer(std::string_view model) : source_(model) {}

  Result<ModelIndex> Run() && {
    RETURN_IF_ERROR(ForEachField(source_, {0, source_.size()}, "the file",
                                 [&](const WireField& field) { return ReadModelField(field); }));
    if (index_.graphs.empty()) return InvalidArgument("not an ONNX model: it has no graph");
    return std::move(index_);
  }

 private:
  Status ReadModelField(const WireField& field) {
    if (field.IsVarint(model_field::kIrVersion)) index_.ir_version = field.as_int();
    if (field.IsBytes(model_field::kFunctions)) index_.has_functions = true;
    if (field.IsBytes(model_field::kOpsetImport)) {
      RETURN_IF_ERROR(Remember(sizeof(IndexedOpset)));
      ASSIGN_OR_RETURN(OpsetImport opset, ReadOpset(source_, field.bytes));
      index_.opsets.push_back({.opset = std::move(opset), .message = field.bytes});
    }
    if (!field.IsBytes(model_field::kGraph)) return {};
    if (!index_.graphs.empty()) return Malformed("the file");
    return AddGraph(field.bytes, std::nullopt, 0).status();
  }

  // Every message is at least two bytes and becomes some hundred here.
  Status Remember(uint64_t bytes) {
    remembered_ += bytes;
    if (remembered_ <= kMaxIndexBytes) return {};
    return TooLarge("the ONNX model's graph has more in it than " + std::to_string(kMaxIndexBytes) + " bytes hold");
  }

  Result<std::string> ReadName(ByteSpan text) {
    RETURN_IF_ERROR(Remember(sizeof(std::string) + text.size()));
    return source_.Text(text);
  }

  Result<size_t> AddGraph(ByteSpan message, std::optional<size_t> parent, int depth) {
    if (depth > kMaxGraphDepth) return TooMany("graphs inside one another", kMaxGraphDepth);
    RETURN_IF_ERROR(Remember(sizeof(IndexedGraph)));
    const size_t number = index_.graphs.size();
    index_.graphs.push_back({.parent = parent, .message = message});
    RETURN_IF_ERROR(ForEachField(source_, message, "a graph", [&](const WireField& field) {
      return field.type == WireField::Type::kBytes ? ReadGraphField(field, number, depth) : Status();
    }));
    return number;
  }

  Status ReadGraphField(const WireField& field, size_t graph, int depth) {
    IndexedGraph& into = index_.graphs[graph];
    switch (field.number) {
      case graph_field::kNode:
        return AddNode(field.bytes, graph, depth);
      case graph_field::kInitializer: {
        ASSIGN_OR_RETURN(IndexedConstant constant, ReadIndexed(field.bytes));
        into.initializers.push_back(std::move(constant));
        return {};
      }
      case graph_field::kSparseInitializer:
        return AddSparse(field.bytes, into);
      case graph_field::kInput:
        into.input_messages.push_back(field.bytes);
        return AddValue(field.bytes, into.inputs);
      case graph_field::kOutput:
        return AddValue(field.bytes, into.outputs);
      case graph_field::kValueInfo:
        return AddValue(field.bytes, into.values);
      default:
        return {};
    }
  }

  Status AddValue(ByteSpan message, std::vector<GraphValue>& values) {
    // A dimension is two bytes at least.
    RETURN_IF_ERROR(Remember(sizeof(GraphValue) + message.size() / 2 * sizeof(Dim)));
    ASSIGN_OR_RETURN(GraphValue value, ReadValue(source_, message));
    values.push_back(std::move(value));
    return {};
  }

  Status AddSparse(ByteSpan message, IndexedGraph& into) {
    return ForEachField(source_, message, "a sparse constant", [&](const WireField& field) -> Status {
      if (!field.IsBytes(sparse_field::kValues)) return {};
      ASSIGN_OR_RETURN(IndexedConstant values, ReadIndexed(field.bytes));
      into.other_names.push_back(std::move(values.name));
      return {};
    });
  }

  Status AddNode(ByteSpan message, size_t graph, int depth) {
    RETURN_IF_ERROR(Remember(sizeof(IndexedNode)));
    IndexedNode node{.message = message};
    RETURN_IF_ERROR(ForEachField(source_, message, "a node", [&](const WireField& field) {
      return field.type == WireField::Type::kBytes ? ReadNodeField(field, graph, depth, node) : Status();
    }));
    if (node.domain == "ai.onnx") node.domain.clear();
    index_.graphs[graph].nodes.push_back(std::move(node));
    return {};
  }

  Status ReadNodeField(const WireField& field, size_t graph, int depth, IndexedNode& node) {
    switch (field.number) {
      case node_field::kOpType: {
        ASSIGN_OR_RETURN(node.op_type, ReadName(field.bytes));
        return {};
      }
      case node_field::kDomain: {
        ASSIGN_OR_RETURN(node.domain, ReadName(field.bytes));
        return {};
      }
      case node_field::kInput:
      case node_field::kOutput: {
        ASSIGN_OR_RETURN(std::string name, ReadName(field.bytes));
        (field.number == node_field::kInput ? node.inputs : node.outputs).push_back(std::move(name));
        return {};
      }
      case node_field::kAttribute:
        return AddAttribute(field.bytes, graph, depth, node);
      default:
        return {};
    }
  }

  Status AddAttribute(ByteSpan message, size_t graph, int depth, IndexedNode& node) {
    RETURN_IF_ERROR(Remember(sizeof(IndexedAttribute)));
    IndexedAttribute attribute{.message = message};
    RETURN_IF_ERROR(ForEachField(source_, message, "an attribute", [&](const WireField& field) -> Status {
      if (field.IsVarint(attribute_field::kInt)) attribute.number = field.as_int();
      if (field.IsVarint(attribute_field::kInts)) AddNumber(field.as_int(), attribute.numbers);
      if (field.Is(attribute_field::kFloat, WireField::Type::kFixed32)) attribute.real = field.as_float();
      if (field.type != WireField::Type::kBytes) return {};
      switch (field.number) {
        case attribute_field::kName: {
          ASSIGN_OR_RETURN(attribute.name, ReadName(field.bytes));
          return {};
        }
        case attribute_field::kInts:
          AddNumbers(field.bytes, attribute.numbers);
          return {};
        case attribute_field::kTensor: {
          ASSIGN_OR_RETURN(attribute.constant, ReadIndexed(field.bytes));
          return {};
        }
        case attribute_field::kGraph:
        case attribute_field::kGraphs: {
          ASSIGN_OR_RETURN(const size_t inside, AddGraph(field.bytes, graph, depth + 1));
          node.graphs.push_back(inside);
          return {};
        }
        default:
          return {};
      }
    }));
    node.attributes.push_back(std::move(attribute));
    return {};
  }

  static void AddNumber(int64_t number, std::vector<int64_t>& numbers) {
    if (numbers.size() < kMaxNumbers) numbers.push_back(number);
  }

  void AddNumbers(ByteSpan packed, std::vector<int64_t>& numbers) {
    PackedVarints rest(source_.At(packed.begin, std::min<uint64_t>(packed.size(), ByteSource::kMostAtOnce)));
    while (numbers.size() < kMaxNumbers) {
      const std::optional<int64_t> number = rest.Next();
      if (!number) return;
      AddNumber(*number, numbers);
    }
  }

  Result<IndexedConstant> ReadIndexed(ByteSpan message) {
    RETURN_IF_ERROR(Remember(sizeof(IndexedConstant)));
    ASSIGN_OR_RETURN(ConstantFacts facts, ReadConstant(source_, message));
    IndexedConstant constant{.name = std::move(facts.name), .message = message};
    RETURN_IF_ERROR(Remember(constant.name.size()));
    std::optional<ByteSpan> raw, floats;
    RETURN_IF_ERROR(ForEachField(source_, message, "a constant", [&](const WireField& field) -> Status {
      if (field.IsVarint(tensor_field::kDataType)) constant.type = static_cast<ElementType>(field.as_int());
      if (field.IsVarint(tensor_field::kDims)) return AddDim(field.as_int(), constant.dims);
      if (field.IsBytes(tensor_field::kDims)) return AddDims(field.bytes, constant.dims);
      if (field.IsBytes(tensor_field::kRawData)) raw = field.bytes;
      if (field.IsBytes(tensor_field::kFloatData)) floats = field.bytes;
      return {};
    }));
    if (facts.external && facts.external->in_use) constant.external = std::move(facts.external);
    if (!raw && constant.type == ElementType::kFloat) raw = floats;
    // What is neither as long as its type and shape say is nothing that can be read.
    if (!constant.external && raw && raw->size() == facts.bytes) constant.elements = raw;
    return constant;
  }

  Status AddDims(ByteSpan packed, std::vector<int64_t>& dims) {
    ASSIGN_OR_RETURN(const std::string numbers, source_.Text(packed));
    PackedVarints rest(numbers);
    while (const std::optional<int64_t> dim = rest.Next()) RETURN_IF_ERROR(AddDim(*dim, dims));
    return {};
  }

  Status AddDim(int64_t dim, std::vector<int64_t>& dims) {
    if (dims.size() == kMaxDims) return TooMany("dimensions in a shape", kMaxDims);
    dims.push_back(dim);
    return Remember(sizeof(int64_t));
  }

  ByteSource source_;
  ModelIndex index_;
  uint64_t remembered_ = 0;
};

}  // namespace

const IndexedAttribute* IndexedNode::Find(std::string_view name) const {
  const auto found = std::ranges::find(attributes, name, &IndexedAttribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

int64_t IndexedNode::IntOr(std::string_view name, int64_t otherwise) const {
  const IndexedAttribute* attribute = Find(name);
  return attribute == nullptr ? otherwise : attribute->number;
}

float IndexedNode::FloatOr(std::string_view name, float otherwise) const {
  const IndexedAttribute* attribute = Find(name);
  return attribute == nullptr ? otherwise : attribute->real;
}

int64_t ModelIndex::opset() const {
  for (const IndexedOpset& import : opsets) {
    if (import.opset.domain.empty() || import.opset.domain == "ai.onnx") return import.opset.version;
  }
  return 0;
}

Result<ModelIndex> IndexModel(std::string_view model) {
  return Indexer(model).Run();
}

}  // namespace trireme::onnxfile
