// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/precision.h"

#include <algorithm>

#include "onnxfile/data_files.h"
#include "onnxfile/fp16_lowering.h"
#include "onnxfile/graph_changer.h"
#include "onnxfile/graph_index.h"
#include "onnxfile/int8_lowering.h"
#include "onnxfile/lowering_notes.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {
namespace {

constexpr std::string_view kNames[] = {"fp32", "fp16", "int8"};

// "nothing in the model can be lowered to int8: Conv: slower in integers (53 nodes); Gemm: ...".
Status NothingToLower(Precision precision, const LoweringReport& report) {
  std::string message = "nothing in the model can be lowered to " + std::string(Name(precision));
  if (report.left.empty()) {
    message += ": it has no matrix products" + std::string(precision == Precision::kFp16 ? " or convolutions" : "");
  }
  for (const LoweringReport::Left& left : report.left) {
    message += (&left == report.left.data() ? ": " : "; ") + Described(left);
  }
  for (const std::string& note : report.notes) message += "; " + note;
  return InvalidArgument(std::move(message));
}

}  // namespace

std::string_view Name(Precision precision) {
  return kNames[static_cast<size_t>(precision)];
}

std::optional<Precision> ParsePrecision(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Precision>(found - std::begin(kNames));
}

std::string Described(const LoweringReport::Left& left) {
  const std::string nodes = left.nodes == 1 ? "1 node" : std::to_string(left.nodes) + " nodes";
  return left.op_type + ": " + left.why + " (" + nodes + ", as '" + left.example + "')";
}

int64_t LoweringReport::changed_nodes() const {
  int64_t nodes = 0;
  for (const Count& count : changed) nodes += count.nodes;
  return nodes;
}

Result<LoweredModel> LowerPrecision(std::string_view model, const LoweringOptions& options,
                                    const ReadElements& read_elements) {
  if (options.precision == Precision::kFp32) return InvalidArgument("the model is of fp32 already: nothing to be done");
  ASSIGN_OR_RETURN(const ModelSummary summary, ReadModelSummary(model));
  ASSIGN_OR_RETURN(const ModelIndex index, IndexModel(model));
  if (index.opset() == 0) return InvalidArgument("the model imports no opset of ai.onnx");
  GraphChanger changer(model, index, read_elements);
  LoweringNotes notes;
  if (index.has_functions) notes.Note("the model has functions of its own, which are left as they are");
  RETURN_IF_ERROR(options.precision == Precision::kInt8 ? LowerToInt8(changer, options, notes)
                                                        : LowerToFp16(changer, notes));
  LoweredModel lowered{.bytes = {}, .report = std::move(notes).Report()};
  if (lowered.report.changed.empty()) return NothingToLower(options.precision, lowered.report);
  ASSIGN_OR_RETURN(lowered.bytes, std::move(changer).Finish());
  lowered.report.bytes_before = model.size() + DataBytes(summary);
  lowered.report.bytes_after = lowered.bytes.size();
  return lowered;
}

}  // namespace trireme::onnxfile
