// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/element_type.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// A constant: what it is, and where its elements lie.
struct IndexedConstant {
  std::string name;
  ElementType type = ElementType::kUndefined;
  std::vector<int64_t> dims;
  // In the model, little-endian, one behind the other; nothing if they lie in another file, or in an encoded form that
  // no program writes today.
  std::optional<ByteSpan> elements = {};
  std::optional<ExternalTensor> external = {};  // in use: the elements lie there
  ByteSpan message = {};
};

struct IndexedAttribute {
  std::string name;
  int64_t number = 0;                            // of an integer
  std::vector<int64_t> numbers;                  // of a list of integers: the first few
  float real = 0;                                // of a float
  std::optional<IndexedConstant> constant = {};  // of a tensor
  ByteSpan message = {};
};

struct IndexedNode {
  std::string op_type;
  std::string domain;                // empty: ai.onnx
  std::vector<std::string> inputs;   // by position; empty: left out
  std::vector<std::string> outputs;  // the same
  std::vector<IndexedAttribute> attributes;
  std::vector<size_t> graphs;  // inside of it: indexes of ModelIndex::graphs
  ByteSpan message;

  bool Is(std::string_view type) const { return domain.empty() && op_type == type; }
  const IndexedAttribute* Find(std::string_view name) const;
  int64_t IntOr(std::string_view name, int64_t otherwise) const;
  float FloatOr(std::string_view name, float otherwise) const;
};

struct IndexedGraph {
  std::optional<size_t> parent;  // the graph around it, whose values its nodes see
  ByteSpan message;
  std::vector<IndexedNode> nodes;
  std::vector<IndexedConstant> initializers;
  std::vector<GraphValue> inputs;
  std::vector<ByteSpan> input_messages;  // as `inputs`
  std::vector<GraphValue> outputs;
  std::vector<GraphValue> values;  // types of others, as far as the model declares them
  // What else has a name: sparse constants.
  std::vector<std::string> other_names;
};

// An opset import, and where it is.
struct IndexedOpset {
  OpsetImport opset;
  ByteSpan message;
};

// All that is in a model's graphs, and where: for those who change some of it and leave the rest as it is.
struct ModelIndex {
  int64_t ir_version = 0;
  std::vector<IndexedOpset> opsets;
  std::deque<IndexedGraph> graphs;  // the outermost first
  bool has_functions = false;       // of the model's own; their nodes are not listed

  // Of ai.onnx; 0: none is imported.
  int64_t opset() const;
};

// Safe on any bytes: what is remembered is bounded by a multiple of them, and by kMaxIndexBytes. kInvalidArgument says
// what is not as in onnx.proto; kTooLarge: there is more to remember.
Result<ModelIndex> IndexModel(std::string_view model);

inline constexpr uint64_t kMaxIndexBytes = uint64_t{1} << 30;

}  // namespace trireme::onnxfile
