// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/element_type.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnxfile {

// What a graph takes or gives, as declared.
struct GraphValue {
  enum class Kind : uint8_t { kUndeclared, kTensor, kSequence, kMap, kOptional, kSparseTensor };

  std::string name;
  Kind kind = Kind::kUndeclared;
  ElementType type = ElementType::kUndefined;  // of a tensor
  std::optional<std::vector<Dim>> dims = {};   // of a tensor; nothing if not even the rank is declared
};

// A constant whose elements lie in a file beside the model.
struct ExternalTensor {
  std::string name;
  std::string location;  // as the model names it: check before opening
  uint64_t offset = 0;
  uint64_t bytes = 0;     // that it needs from there on
  bool in_use = true;     // false: there is a location, and nothing says that the elements lie there
  ByteSpan message = {};  // the constant itself, in the model
};

// A node of the outermost graph: which values it reads and which it makes.
struct GraphNode {
  std::string op_type;              // "domain.Type" outside ai.onnx
  std::vector<std::string> inputs;  // by position; empty: left out
  std::vector<std::string> outputs;
};

// A model's outside, and what its inside weighs.
struct ModelSummary {
  int64_t ir_version = 0;
  std::string producer_name;
  std::string producer_version;
  std::vector<OpsetImport> opsets;
  std::vector<GraphValue> inputs;            // without those that an initialiser fills
  std::vector<GraphValue> defaulted_inputs;  // those; from IR version 4 on a run may give them another value
  std::vector<GraphValue> outputs;
  std::vector<std::pair<std::string, int64_t>> op_counts;  // by type, "domain.Type" outside ai.onnx; in order of names
  // In the model's order. Nothing if there is more to say: graphs inside of nodes, which may read any value outside of
  // them, or functions of the model's own; or if there are more than anybody remembers.
  std::optional<std::vector<GraphNode>> nodes;
  // Of all constants: those of nested graphs, of data files beside the model and of lists among the attributes too,
  // which is where trees are. Packed lists of integers count as they lie in the file.
  uint64_t constant_bytes = 0;
  std::vector<ExternalTensor> external_tensors;  // wherever they are used, in nested graphs too
};

// Whether a file that begins with `beginning` and is `file_bytes` long looks like an ONNX model: a few hundred bytes
// are enough, since the whole graph is one field whose length must fit. Text, images and other protobufs do not pass.
bool LooksLikeModel(std::string_view beginning, uint64_t file_bytes);

// Walks a serialized model; weights are stepped over, so that one in a file costs little more than its graph. Safe on
// any bytes: what is remembered is bounded. kInvalidArgument says what is not as in onnx.proto.
Result<ModelSummary> ReadModelSummary(ByteSource& source);
Result<ModelSummary> ReadModelSummary(std::string_view model);

}  // namespace trireme::onnxfile
