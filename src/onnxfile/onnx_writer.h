// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "onnxfile/element_type.h"

namespace trireme::onnxfile {

class WireWriter;

// An ONNX model as values, named after the messages of onnx.proto, and its serialized form. What is built here is as
// valid as its builder makes it: nothing is checked.

struct Dim {
  Dim(int64_t fixed) : size(fixed) {}        // NOLINT: implicit, so that dims read as a list
  Dim(const char* symbol) : name(symbol) {}  // NOLINT: as above
  int64_t size = -1;                         // -1: any size, which `name` may name
  std::string name = {};
};

struct ValueInfo {
  std::string name;
  ElementType type = ElementType::kFloat;
  std::vector<Dim> dims;
  bool is_sequence = false;    // of such tensors
  bool is_shape_known = true;  // false: not even the number of dimensions is declared
};

// A constant: an initialiser, or the value of an attribute.
struct TensorProto {
  std::string name;
  ElementType type = ElementType::kFloat;
  std::vector<int64_t> dims;
  std::string raw;                   // the elements, little-endian, unless they are strings
  std::vector<std::string> strings;  // the elements of kString
  std::string external_location;     // if not empty: the file beside the model that has the elements instead
  std::vector<std::pair<std::string, std::string>> external_entries = {};  // where there: {"offset", "4096"}
};

// A constant of numbers. T must be the C++ type of the element type.
template <typename T>
TensorProto Constant(std::string name, ElementType type, std::vector<int64_t> dims, const std::vector<T>& elements) {
  static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
  TensorProto tensor{.name = std::move(name),
                     .type = type,
                     .dims = std::move(dims),
                     .raw = {},
                     .strings = {},
                     .external_location = {}};
  tensor.raw.assign(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T));
  return tensor;
}

struct Graph;

struct Attribute {
  std::string name;
  // A list of graphs is one graph: a branch, or the body of a loop.
  std::variant<int64_t, float, std::string, TensorProto, std::vector<int64_t>, std::vector<float>,
               std::vector<std::string>, std::vector<Graph>>
      value;
};

struct Node {
  std::string op_type;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes = {};
  std::string domain = {};  // empty: ai.onnx
};

struct Graph {
  std::string name;
  std::vector<Node> nodes;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<TensorProto> initializers = {};
};

struct OpsetImport {
  std::string domain;  // empty: ai.onnx
  int64_t version = 0;
  bool operator==(const OpsetImport&) const = default;
};

struct Model {
  int64_t ir_version = 8;
  std::string producer_name;
  std::string producer_version = {};
  std::vector<OpsetImport> opsets = {{"", 17}};
  Graph graph;
};

std::string Serialize(const Model& model);

// Parts of one, for who changes a model that is there: the fields of the message itself.
void WriteFields(WireWriter& out, const Node& node);
void WriteFields(WireWriter& out, const TensorProto& tensor);
void WriteFields(WireWriter& out, const ValueInfo& value);
void WriteFields(WireWriter& out, const OpsetImport& opset);

}  // namespace trireme::onnxfile
