// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/value_signature.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "onnxfile/element_type.h"

namespace trireme::onnx {
namespace {

using onnxfile::GraphValue;

std::string_view NameOf(GraphValue::Kind kind) {
  switch (kind) {
    case GraphValue::Kind::kTensor:
      return "a tensor";
    case GraphValue::Kind::kSequence:
      return "a sequence";
    case GraphValue::Kind::kMap:
      return "a map";
    case GraphValue::Kind::kOptional:
      return "an optional";
    case GraphValue::Kind::kSparseTensor:
      return "a sparse tensor";
    case GraphValue::Kind::kUndeclared:
      return "of an unknown kind";
  }
  return "of an unknown kind";
}

Result<TensorSpec> ToSpec(const GraphValue& value) {
  if (value.kind != GraphValue::Kind::kTensor) {
    return Unsupported("'" + value.name + "' is " + std::string(NameOf(value.kind)) + ", only tensors can be served");
  }
  const std::optional<DataType> type = onnxfile::ToDataType(value.type);
  if (!type) {
    return Unsupported("'" + value.name + "' has ONNX element type " + std::to_string(static_cast<int>(value.type)) +
                       ", which has no counterpart among the protocols' types");
  }
  if (!value.dims) {
    return Unsupported("the model does not say how many dimensions '" + value.name + "' has");
  }
  if (value.dims->size() > Shape::kMaxRank) {
    return Unsupported("'" + value.name + "' has " + std::to_string(value.dims->size()) + " dimensions, at most " +
                       std::to_string(Shape::kMaxRank) + " can be served");
  }
  TensorSpec spec{.name = value.name, .type = *type, .shape = {}};
  std::vector<int64_t> sizes;
  for (const onnxfile::Dim& dim : *value.dims) {
    sizes.push_back(dim.size < 0 ? Shape::kAny : dim.size);
    spec.dim_names.push_back(dim.name);
  }
  spec.shape = Shape(std::span<const int64_t>(sizes));
  return spec;
}

Status Append(const std::vector<GraphValue>& values, std::string_view side, bool optional,
              std::vector<TensorSpec>& specs) {
  for (const GraphValue& value : values) {
    Result<TensorSpec> spec = ToSpec(value);
    if (!spec.ok()) return std::move(spec).status().Within(side);
    specs.push_back(std::move(spec).value());
    specs.back().optional = optional;
  }
  return {};
}

// The names that outermost dimensions have, and whether each may have any size; names of the others.
struct Outermost {
  bool all_any = true;
  std::set<std::string_view> names;
  std::set<std::string_view> inner_names;

  explicit Outermost(const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) Note(spec);
  }

  void Note(const TensorSpec& spec) {
    if (spec.shape.rank() == 0 || spec.shape[0] != Shape::kAny) all_any = false;
    for (size_t d = 0; d < spec.dim_names.size(); ++d) {
      if (!spec.dim_names[d].empty()) (d == 0 ? names : inner_names).insert(spec.dim_names[d]);
    }
  }
};

bool LooksBatched(const Signature& signature) {
  if (signature.inputs.empty() || signature.outputs.empty()) return false;
  const Outermost in(signature.inputs);
  const Outermost out(signature.outputs);
  if (!in.all_any || !out.all_any || in.names.size() > 1) return false;
  // Some exporters give every dimension of an output a name of its own: that says nothing, the trial run decides.
  if (in.names.empty()) return true;
  return !in.inner_names.contains(*in.names.begin()) && !out.inner_names.contains(*in.names.begin());
}

}  // namespace

std::vector<GraphValue> PickOptional(const std::vector<GraphValue>& defaulted, std::span<const std::string> names) {
  std::vector<GraphValue> picked;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(defaulted.begin(), defaulted.end(), [&](const GraphValue& value) { return value.name == name; });
    if (found != defaulted.end()) picked.push_back(*found);
  }
  return picked;
}

Result<Signature> ToSignature(const ModelValues& values) {
  Signature signature;
  RETURN_IF_ERROR(Append(values.inputs, "input", false, signature.inputs));
  RETURN_IF_ERROR(Append(values.optional_inputs, "input", true, signature.inputs));
  RETURN_IF_ERROR(Append(values.outputs, "output", false, signature.outputs));
  signature.batched = LooksBatched(signature);
  return signature;
}

}  // namespace trireme::onnx
