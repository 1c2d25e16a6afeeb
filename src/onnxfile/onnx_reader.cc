// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/onnx_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_set>

#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model, so that a hostile one cannot make its summary much larger than itself.
constexpr size_t kMaxValues = 65536;
constexpr size_t kMaxDims = 64;
constexpr size_t kMaxOpsets = 256;
constexpr size_t kMaxOpTypes = 4096;
constexpr size_t kMaxDataFiles = 65536;
constexpr int kMaxGraphDepth = 32;
constexpr int64_t kNewestIrVersion = 64;  // today's is 13

Status Malformed(std::string_view where) {
  return InvalidArgument("not an ONNX model: " + std::string(where) + " is malformed or cut off");
}

Status TooMany(std::string_view what, size_t most) {
  return InvalidArgument("the ONNX model has more than " + std::to_string(most) + " " + std::string(what));
}

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

// Calls `visit` with every field of a message; `visit` returns a Status.
template <typename Visit>
Status ForEachField(std::string_view message, std::string_view where, Visit&& visit) {
  WireReader reader(message);
  while (const std::optional<WireField> field = reader.Next()) RETURN_IF_ERROR(visit(*field));
  if (reader.malformed()) return Malformed(where);
  return {};
}

Result<Dim> ReadDim(std::string_view message) {
  Dim dim(-1);
  RETURN_IF_ERROR(ForEachField(message, "a dimension", [&](const WireField& field) -> Status {
    if (field.IsVarint(dim_field::kValue)) dim.size = std::max<int64_t>(field.as_int(), -1);
    if (field.IsBytes(dim_field::kName)) dim.name = field.bytes;
    return {};
  }));
  return dim;
}

Result<std::vector<Dim>> ReadDims(std::string_view message) {
  std::vector<Dim> dims;
  RETURN_IF_ERROR(ForEachField(message, "a shape", [&](const WireField& field) -> Status {
    if (!field.IsBytes(shape_field::kDim)) return {};
    if (dims.size() == kMaxDims) return TooMany("dimensions in a shape", kMaxDims);
    ASSIGN_OR_RETURN(Dim dim, ReadDim(field.bytes));
    dims.push_back(std::move(dim));
    return {};
  }));
  return dims;
}

Status ReadTensorType(std::string_view message, GraphValue& value) {
  return ForEachField(message, "a tensor type", [&](const WireField& field) -> Status {
    if (field.IsVarint(tensor_type_field::kElementType)) value.type = static_cast<ElementType>(field.as_int());
    if (!field.IsBytes(tensor_type_field::kShape)) return {};
    ASSIGN_OR_RETURN(value.dims, ReadDims(field.bytes));
    return {};
  });
}

Status ReadType(std::string_view message, GraphValue& value) {
  return ForEachField(message, "a type", [&](const WireField& field) -> Status {
    switch (field.number) {
      case type_field::kTensor:
        value.kind = GraphValue::Kind::kTensor;
        return ReadTensorType(field.bytes, value);
      case type_field::kSequence:
        value.kind = GraphValue::Kind::kSequence;
        break;
      case type_field::kMap:
        value.kind = GraphValue::Kind::kMap;
        break;
      case type_field::kSparseTensor:
        value.kind = GraphValue::Kind::kSparseTensor;
        break;
      case type_field::kOptional:
        value.kind = GraphValue::Kind::kOptional;
        break;
      default:
        break;
    }
    return {};
  });
}

Result<GraphValue> ReadValue(std::string_view message) {
  GraphValue value;
  RETURN_IF_ERROR(ForEachField(message, "an input or output", [&](const WireField& field) -> Status {
    if (field.IsBytes(value_field::kName)) value.name = field.bytes;
    if (field.IsBytes(value_field::kType)) return ReadType(field.bytes, value);
    return {};
  }));
  return value;
}

Result<OpsetImport> ReadOpset(std::string_view message) {
  OpsetImport opset;
  RETURN_IF_ERROR(ForEachField(message, "an opset import", [&](const WireField& field) -> Status {
    if (field.IsBytes(opset_field::kDomain)) opset.domain = field.bytes;
    if (field.IsVarint(opset_field::kVersion)) opset.version = field.as_int();
    return {};
  }));
  return opset;
}

std::string_view TensorName(std::string_view tensor) {
  WireReader reader(tensor);
  while (const std::optional<WireField> field = reader.Next()) {
    if (field->IsBytes(tensor_field::kName)) return field->bytes;
  }
  return {};
}

// Walks the inside: nodes of all graphs, and constants wherever they hide.
class InsideWalker {
 public:
  Status WalkGraph(std::string_view graph, int depth) {
    if (depth > kMaxGraphDepth) return TooMany("graphs inside one another", kMaxGraphDepth);
    return ForEachField(graph, "a graph", [&](const WireField& field) -> Status {
      if (field.IsBytes(graph_field::kNode)) return WalkNode(field.bytes, depth);
      if (field.IsBytes(graph_field::kInitializer)) return WalkTensor(field.bytes);
      if (field.IsBytes(graph_field::kSparseInitializer)) return WalkSparseTensor(field.bytes);
      return {};
    });
  }

  Status WalkFunction(std::string_view function) {
    return ForEachField(function, "a function", [&](const WireField& field) -> Status {
      return field.IsBytes(function_field::kNode) ? WalkNode(field.bytes, 1) : Status();
    });
  }

  void MoveTo(ModelSummary& summary) {
    summary.op_counts.assign(op_counts_.begin(), op_counts_.end());
    summary.constant_bytes = constant_bytes_;
    summary.data_files.assign(data_files_.begin(), data_files_.end());
  }

 private:
  Status WalkNode(std::string_view node, int depth) {
    std::string_view domain;
    std::string_view type;
    RETURN_IF_ERROR(ForEachField(node, "a node", [&](const WireField& field) -> Status {
      if (field.IsBytes(node_field::kOpType)) type = field.bytes;
      if (field.IsBytes(node_field::kDomain)) domain = field.bytes;
      if (field.IsBytes(node_field::kAttribute)) return WalkAttribute(field.bytes, depth);
      return {};
    }));
    return CountOp(domain, type);
  }

  Status CountOp(std::string_view domain, std::string_view type) {
    std::string name = domain.empty() || domain == "ai.onnx" ? "" : std::string(domain) + ".";
    name += type;
    ++op_counts_[std::move(name)];
    return op_counts_.size() > kMaxOpTypes ? TooMany("types of operators", kMaxOpTypes) : Status();
  }

  Status WalkAttribute(std::string_view attribute, int depth) {
    return ForEachField(attribute, "an attribute", [&](const WireField& field) -> Status {
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
        case attribute_field::kTensors:
          return WalkTensor(field.bytes);
        case attribute_field::kGraph:
        case attribute_field::kGraphs:
          return WalkGraph(field.bytes, depth + 1);
        default:
          return {};
      }
    });
  }

  Status WalkSparseTensor(std::string_view sparse) {
    return ForEachField(sparse, "a sparse constant", [&](const WireField& field) -> Status {
      if (field.IsBytes(sparse_field::kValues) || field.IsBytes(sparse_field::kIndices)) return WalkTensor(field.bytes);
      return {};
    });
  }

  Status WalkTensor(std::string_view tensor) {
    uint64_t elements = 1;
    uint64_t text_bytes = 0;
    auto type = ElementType::kUndefined;
    RETURN_IF_ERROR(ForEachField(tensor, "a constant", [&](const WireField& field) -> Status {
      if (field.IsVarint(tensor_field::kDims)) elements = SaturatingMultiply(elements, field.number_value);
      if (field.IsBytes(tensor_field::kDims)) elements = SaturatingMultiply(elements, Product(field.bytes));
      if (field.IsVarint(tensor_field::kDataType)) type = static_cast<ElementType>(field.as_int());
      if (field.IsBytes(tensor_field::kStringData)) text_bytes += field.bytes.size();
      if (field.IsBytes(tensor_field::kExternalData)) return NoteDataFile(field.bytes);
      return {};
    }));
    // Types that are not in our table take a byte an element or less.
    const size_t width = std::max<size_t>(ElementBytes(ToDataType(type).value_or(DataType::kUint8)), 1);
    const uint64_t bytes = type == ElementType::kString ? text_bytes : SaturatingMultiply(elements, width);
    AddConstantBytes(bytes);
    return {};
  }

  void AddConstantBytes(uint64_t bytes) { constant_bytes_ = SaturatingAdd(constant_bytes_, bytes); }

  static uint64_t Product(std::string_view packed) {
    uint64_t product = 1;
    PackedVarints dims(packed);
    while (const std::optional<int64_t> dim = dims.Next()) {
      product = SaturatingMultiply(product, static_cast<uint64_t>(*dim));
    }
    return product;
  }

  Status NoteDataFile(std::string_view entry) {
    std::string_view key;
    std::string_view value;
    RETURN_IF_ERROR(ForEachField(entry, "an external data entry", [&](const WireField& field) -> Status {
      if (field.IsBytes(entry_field::kKey)) key = field.bytes;
      if (field.IsBytes(entry_field::kValue)) value = field.bytes;
      return {};
    }));
    if (key == "location") data_files_.emplace(value);
    return data_files_.size() > kMaxDataFiles ? TooMany("data files", kMaxDataFiles) : Status();
  }

  std::map<std::string, int64_t, std::less<>> op_counts_;
  std::set<std::string, std::less<>> data_files_;
  uint64_t constant_bytes_ = 0;
};

Status ReadValues(std::string_view graph, int wanted, std::vector<GraphValue>& values) {
  return ForEachField(graph, "the graph", [&](const WireField& field) -> Status {
    if (!field.IsBytes(wanted)) return {};
    if (values.size() == kMaxValues) return TooMany("inputs or outputs", kMaxValues);
    ASSIGN_OR_RETURN(GraphValue value, ReadValue(field.bytes));
    values.push_back(std::move(value));
    return {};
  });
}

// Before IR version 4 every initialiser had to be listed as an input too.
Status DropFilledInputs(std::string_view graph, std::vector<GraphValue>& inputs) {
  std::unordered_set<std::string_view> names;
  for (const GraphValue& input : inputs) names.insert(input.name);
  std::unordered_set<std::string_view> filled;
  RETURN_IF_ERROR(ForEachField(graph, "the graph", [&](const WireField& field) -> Status {
    if (!field.IsBytes(graph_field::kInitializer)) return {};
    if (const auto found = names.find(TensorName(field.bytes)); found != names.end()) filled.insert(*found);
    return {};
  }));
  // Remembered apart and only then removed: `filled` views the names.
  std::vector<GraphValue> kept;
  for (GraphValue& input : inputs) {
    if (!filled.contains(input.name)) kept.push_back(std::move(input));
  }
  inputs = std::move(kept);
  return {};
}

Status ReadGraph(std::string_view graph, ModelSummary& summary, InsideWalker& inside) {
  RETURN_IF_ERROR(ReadValues(graph, graph_field::kInput, summary.inputs));
  RETURN_IF_ERROR(ReadValues(graph, graph_field::kOutput, summary.outputs));
  RETURN_IF_ERROR(DropFilledInputs(graph, summary.inputs));
  return inside.WalkGraph(graph, 0);
}

bool IsKnownModelField(const WireField& field) {
  if (field.number == model_field::kIrVersion || field.number == 5) return field.type == WireField::Type::kVarint;
  const bool known = (field.number >= 2 && field.number <= 8) || field.number == 14 || field.number == 20 ||
                     field.number == model_field::kFunctions || field.number == 26;
  return known && field.type == WireField::Type::kBytes;
}

}  // namespace

bool LooksLikeModel(std::string_view beginning, uint64_t file_bytes) {
  WireReader reader(beginning);
  bool has_version = false;
  while (const std::optional<WireReader::Cut> cut = reader.NextCut()) {
    if (!IsKnownModelField(cut->field) || cut->declared_bytes > file_bytes) return false;
    if (cut->field.number == model_field::kIrVersion) {
      if (cut->field.as_int() < 1 || cut->field.as_int() > kNewestIrVersion) return false;
      has_version = true;
    }
    // Writers put the version before the graph, whose end is out of sight as a rule.
    if (cut->field.number == model_field::kGraph) return has_version;
  }
  return false;
}

Result<ModelSummary> ReadModelSummary(std::string_view model) {
  if (model.empty()) return InvalidArgument("not an ONNX model: the file is empty");
  ModelSummary summary;
  InsideWalker inside;
  int graphs = 0;
  RETURN_IF_ERROR(ForEachField(model, "the file", [&](const WireField& field) -> Status {
    if (!IsKnownModelField(field)) return {};
    switch (field.number) {
      case model_field::kIrVersion:
        summary.ir_version = field.as_int();
        return {};
      case model_field::kProducerName:
        summary.producer_name = field.bytes;
        return {};
      case model_field::kProducerVersion:
        summary.producer_version = field.bytes;
        return {};
      case model_field::kFunctions:
        return inside.WalkFunction(field.bytes);
      case model_field::kGraph:
        return ++graphs > 1 ? Malformed("the file") : ReadGraph(field.bytes, summary, inside);
      case model_field::kOpsetImport: {
        if (summary.opsets.size() == kMaxOpsets) return TooMany("opset imports", kMaxOpsets);
        ASSIGN_OR_RETURN(OpsetImport opset, ReadOpset(field.bytes));
        summary.opsets.push_back(std::move(opset));
        return {};
      }
      default:
        return {};
    }
  }));
  if (graphs == 0) return InvalidArgument("not an ONNX model: it has no graph");
  inside.MoveTo(summary);
  return summary;
}

}  // namespace trireme::onnxfile
