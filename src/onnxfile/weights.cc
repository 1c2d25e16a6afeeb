// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/weights.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"
#include "tensor/data_type.h"

namespace trireme::onnxfile {
namespace {

constexpr uint64_t kLeastElements = 16;
constexpr size_t kMostWeights = 1 << 20;

// A constant, as far as it matters here.
struct Tensor {
  ElementType type = ElementType::kUndefined;
  size_t rank = 0;
  std::optional<ByteSpan> raw, floats, doubles;  // where its elements lie
};

bool IsFloating(ElementType type) {
  return type == ElementType::kFloat || type == ElementType::kDouble || type == ElementType::kFloat16 ||
         type == ElementType::kBfloat16;
}

uint64_t WidthOf(ElementType type) {
  return ElementBytes(*ToDataType(type));
}

std::optional<ByteSpan> ElementsOf(const Tensor& tensor) {
  if (tensor.raw) return tensor.raw;
  if (tensor.type == ElementType::kFloat) return tensor.floats;
  return tensor.type == ElementType::kDouble ? tensor.doubles : std::nullopt;
}

bool IsLearnt(const Tensor& tensor) {
  if (IsFloating(tensor.type)) return true;
  return (tensor.type == ElementType::kInt8 || tensor.type == ElementType::kUint8) && tensor.rank >= 2;
}

class WeightWalker {
 public:
  explicit WeightWalker(ByteSource& source) : source_(source) {}

  Status WalkModel() {
    return ForEachField(source_, {0, source_.size()}, "the model", [&](const WireField& field) {
      return field.IsBytes(model_field::kGraph) ? WalkGraph(field.bytes) : Status();
    });
  }

  std::vector<WeightSpan> Take() && {
    std::ranges::sort(found_, {}, [](const WeightSpan& span) { return span.bytes.begin; });
    return std::move(found_);
  }

 private:
  Status WalkGraph(ByteSpan graph) {
    return ForEachField(source_, graph, "a graph", [&](const WireField& field) {
      if (field.IsBytes(graph_field::kInitializer)) return WalkTensor(field.bytes);
      return field.IsBytes(graph_field::kNode) ? WalkNode(field.bytes) : Status();
    });
  }

  Status WalkNode(ByteSpan node) {
    return ForEachField(source_, node, "a node", [&](const WireField& field) {
      return field.IsBytes(node_field::kAttribute) ? WalkAttribute(field.bytes) : Status();
    });
  }

  Status WalkAttribute(ByteSpan attribute) {
    return ForEachField(source_, attribute, "an attribute", [&](const WireField& field) {
      return field.IsBytes(attribute_field::kTensor) ? WalkTensor(field.bytes) : Status();
    });
  }

  Status WalkTensor(ByteSpan message) {
    Tensor tensor;
    RETURN_IF_ERROR(ForEachField(source_, message, "a constant", [&](const WireField& field) -> Status {
      if (field.IsVarint(tensor_field::kDataType)) tensor.type = static_cast<ElementType>(field.as_int());
      if (field.IsVarint(tensor_field::kDims)) ++tensor.rank;
      if (field.IsBytes(tensor_field::kDims)) return CountDims(field.bytes, tensor.rank);
      if (field.IsBytes(tensor_field::kRawData)) tensor.raw = field.bytes;
      if (field.IsBytes(tensor_field::kFloatData)) tensor.floats = field.bytes;
      if (field.IsBytes(tensor_field::kDoubleData)) tensor.doubles = field.bytes;
      return {};
    }));
    return Note(tensor);
  }

  Status CountDims(ByteSpan packed, size_t& rank) {
    ASSIGN_OR_RETURN(const std::string dims, source_.Text(packed));
    PackedVarints numbers(dims);
    while (numbers.Next()) ++rank;
    return {};
  }

  Status Note(const Tensor& tensor) {
    const std::optional<ByteSpan> elements = ElementsOf(tensor);
    if (!elements || !IsLearnt(tensor)) return {};
    const uint64_t width = WidthOf(tensor.type);
    if (elements->size() % width != 0 || elements->size() / width < kLeastElements) return {};
    if (found_.size() == kMostWeights) return TooMany("constants", kMostWeights);
    found_.push_back({.type = tensor.type, .bytes = *elements});
    return {};
  }

  ByteSource& source_;
  std::vector<WeightSpan> found_;
};

}  // namespace

Result<std::vector<WeightSpan>> FindWeights(ByteSource& source) {
  WeightWalker walker(source);
  RETURN_IF_ERROR(walker.WalkModel());
  return std::move(walker).Take();
}

}  // namespace trireme::onnxfile
