// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/onnx_reader.h"

#include <algorithm>
#include <unordered_set>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/inside_walker.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model, so that a hostile one cannot make its summary much larger than itself.
constexpr size_t kMaxValues = 65536;
constexpr size_t kMaxDims = 64;
constexpr size_t kMaxOpsets = 256;
constexpr int64_t kNewestIrVersion = 64;  // today's is 13

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
