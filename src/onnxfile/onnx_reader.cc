// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/onnx_reader.h"

#include <utility>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/inside_walker.h"
#include "onnxfile/value_reader.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model, so that a hostile one cannot make its summary much larger than itself.
constexpr size_t kMaxValues = 65536;
constexpr size_t kMaxOpsets = 256;
constexpr int64_t kNewestIrVersion = 64;  // today's is 13

Status ReadValues(ByteSource& source, ByteSpan graph, ModelSummary& summary) {
  return ForEachField(source, graph, "the graph", [&](const WireField& field) -> Status {
    const bool is_input = field.IsBytes(graph_field::kInput);
    if (!is_input && !field.IsBytes(graph_field::kOutput)) return {};
    std::vector<GraphValue>& values = is_input ? summary.inputs : summary.outputs;
    if (values.size() == kMaxValues) return TooMany("inputs or outputs", kMaxValues);
    ASSIGN_OR_RETURN(GraphValue value, ReadValue(source, field.bytes));
    values.push_back(std::move(value));
    return {};
  });
}

Status ReadGraph(ByteSource& source, ByteSpan graph, ModelSummary& summary, InsideWalker& inside) {
  RETURN_IF_ERROR(ReadValues(source, graph, summary));
  for (const GraphValue& input : summary.inputs) inside.WatchFor(input.name);
  RETURN_IF_ERROR(inside.WalkGraph(graph, 0));
  // Before IR version 4 every initialiser had to be listed as an input too.
  std::vector<GraphValue> required;
  for (GraphValue& input : summary.inputs) {
    (inside.IsFilled(input.name) ? summary.defaulted_inputs : required).push_back(std::move(input));
  }
  summary.inputs = std::move(required);
  return {};
}

bool IsKnownModelField(const WireField& field) {
  if (field.number == model_field::kIrVersion || field.number == 5) return field.type == WireField::Type::kVarint;
  const bool known = (field.number >= 2 && field.number <= 8) || field.number == 14 || field.number == 20 ||
                     field.number == model_field::kFunctions || field.number == 26;
  return known && field.type == WireField::Type::kBytes;
}

}  // namespace

bool LooksLikeModel(std::string_view beginning, uint64_t file_bytes) {
  ByteSource source(beginning);
  WireReader reader(source, {0, file_bytes});
  bool has_version = false;
  while (const std::optional<WireField> field = reader.Next()) {
    if (!IsKnownModelField(*field)) return false;
    if (field->number == model_field::kIrVersion) {
      if (field->as_int() < 1 || field->as_int() > kNewestIrVersion) return false;
      has_version = true;
    }
    // Writers put the version before the graph, whose end is out of sight as a rule.
    if (field->number == model_field::kGraph) return has_version;
  }
  return false;
}

Result<ModelSummary> ReadModelSummary(ByteSource& source) {
  if (source.size() == 0) return InvalidArgument("not an ONNX model: the file is empty");
  ModelSummary summary;
  InsideWalker inside(source);
  int graphs = 0;
  RETURN_IF_ERROR(ForEachField(source, {0, source.size()}, "the file", [&](const WireField& field) -> Status {
    if (!IsKnownModelField(field)) return {};
    switch (field.number) {
      case model_field::kIrVersion:
        summary.ir_version = field.as_int();
        return {};
      case model_field::kProducerName: {
        ASSIGN_OR_RETURN(summary.producer_name, source.Text(field.bytes));
        return {};
      }
      case model_field::kProducerVersion: {
        ASSIGN_OR_RETURN(summary.producer_version, source.Text(field.bytes));
        return {};
      }
      case model_field::kFunctions:
        return inside.WalkFunction(field.bytes);
      case model_field::kGraph:
        return ++graphs > 1 ? Malformed("the file") : ReadGraph(source, field.bytes, summary, inside);
      case model_field::kOpsetImport: {
        if (summary.opsets.size() == kMaxOpsets) return TooMany("opset imports", kMaxOpsets);
        ASSIGN_OR_RETURN(OpsetImport opset, ReadOpset(source, field.bytes));
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

Result<ModelSummary> ReadModelSummary(std::string_view model) {
  ByteSource source(model);
  return ReadModelSummary(source);
}

}  // namespace trireme::onnxfile
