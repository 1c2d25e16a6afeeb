// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/inside_walker.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "onnxfile/element_type.h"
#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model, so that a hostile one cannot make its summary much larger than itself.
constexpr size_t kMaxOpTypes = 4096;
constexpr size_t kMaxDataFiles = 65536;
constexpr int kMaxGraphDepth = 32;

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

// Of packed dimensions.
uint64_t Product(std::string_view packed) {
  uint64_t product = 1;
  PackedVarints dims(packed);
  while (const std::optional<int64_t> dim = dims.Next()) {
    product = SaturatingMultiply(product, static_cast<uint64_t>(*dim));
  }
  return product;
}

}  // namespace

Status InsideWalker::WalkGraph(std::string_view graph, int depth) {
  if (depth > kMaxGraphDepth) return TooMany("graphs inside one another", kMaxGraphDepth);
  return ForEachField(graph, "a graph", [&](const WireField& field) -> Status {
    if (field.IsBytes(graph_field::kNode)) return WalkNode(field.bytes, depth);
    if (field.IsBytes(graph_field::kInitializer)) return WalkTensor(field.bytes);
    if (field.IsBytes(graph_field::kSparseInitializer)) return WalkSparseTensor(field.bytes);
    return {};
  });
}

Status InsideWalker::WalkFunction(std::string_view function) {
  return ForEachField(function, "a function", [&](const WireField& field) -> Status {
    return field.IsBytes(function_field::kNode) ? WalkNode(field.bytes, 1) : Status();
  });
}

void InsideWalker::MoveTo(ModelSummary& summary) {
  summary.op_counts.assign(op_counts_.begin(), op_counts_.end());
  summary.constant_bytes = constant_bytes_;
  summary.data_files.assign(data_files_.begin(), data_files_.end());
}

Status InsideWalker::WalkNode(std::string_view node, int depth) {
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

Status InsideWalker::CountOp(std::string_view domain, std::string_view type) {
  std::string name = domain.empty() || domain == "ai.onnx" ? "" : std::string(domain) + ".";
  name += type;
  ++op_counts_[std::move(name)];
  return op_counts_.size() > kMaxOpTypes ? TooMany("types of operators", kMaxOpTypes) : Status();
}

Status InsideWalker::WalkAttribute(std::string_view attribute, int depth) {
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

Status InsideWalker::WalkSparseTensor(std::string_view sparse) {
  return ForEachField(sparse, "a sparse constant", [&](const WireField& field) -> Status {
    if (field.IsBytes(sparse_field::kValues) || field.IsBytes(sparse_field::kIndices)) return WalkTensor(field.bytes);
    return {};
  });
}

Status InsideWalker::WalkTensor(std::string_view tensor) {
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

Status InsideWalker::NoteDataFile(std::string_view entry) {
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

void InsideWalker::AddConstantBytes(uint64_t bytes) {
  constant_bytes_ = SaturatingAdd(constant_bytes_, bytes);
}

}  // namespace trireme::onnxfile
