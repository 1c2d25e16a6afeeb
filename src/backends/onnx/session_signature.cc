// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_signature.h"

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/onnx/ort_error.h"
#include "onnxfile/element_type.h"

namespace trireme::onnx {
namespace {

std::string_view NameOf(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_SEQUENCE:
      return "a sequence";
    case ONNX_TYPE_MAP:
      return "a map";
    case ONNX_TYPE_OPTIONAL:
      return "an optional";
    case ONNX_TYPE_SPARSETENSOR:
      return "a sparse tensor";
    case ONNX_TYPE_OPAQUE:
      return "an opaque value";
    default:
      return "of an unknown kind";
  }
}

Result<std::vector<std::string>> ReadDimNames(const OrtApi& api, const OrtTensorTypeAndShapeInfo& info, size_t rank) {
  std::vector<const char*> names(rank, nullptr);
  RETURN_IF_ERROR(ToStatus(api, api.GetSymbolicDimensions(&info, names.data(), rank)));
  return std::vector<std::string>(names.begin(), names.end());
}

Status ReadShape(const OrtApi& api, const OrtTensorTypeAndShapeInfo& info, TensorSpec& spec) {
  size_t rank = 0;
  RETURN_IF_ERROR(ToStatus(api, api.GetDimensionsCount(&info, &rank)));
  if (rank > Shape::kMaxRank) {
    return Unsupported("'" + spec.name + "' has " + std::to_string(rank) + " dimensions, at most " +
                       std::to_string(Shape::kMaxRank) + " can be served");
  }
  std::vector<int64_t> dims(rank);
  RETURN_IF_ERROR(ToStatus(api, api.GetDimensions(&info, dims.data(), rank)));
  spec.shape = Shape(std::span<const int64_t>(dims));
  ASSIGN_OR_RETURN(spec.dim_names, ReadDimNames(api, info, rank));
  return {};
}

Status ReadTensor(const OrtApi& api, const OrtTensorTypeAndShapeInfo& info, TensorSpec& spec) {
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorElementType(&info, &element)));
  // The runtime numbers element types as the file format does.
  const std::optional<DataType> type = onnxfile::ToDataType(static_cast<onnxfile::ElementType>(element));
  if (!type) {
    return Unsupported("'" + spec.name + "' has ONNX element type " + std::to_string(element) +
                       ", which has no counterpart among the protocols' types");
  }
  spec.type = *type;
  if (!api.TensorTypeAndShape_HasShape(&info)) {
    return Unsupported("the model does not say how many dimensions '" + spec.name + "' has");
  }
  return ReadShape(api, info, spec);
}

Result<TensorSpec> ReadSpec(const OrtApi& api, std::string name, const OrtTypeInfo& info) {
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  RETURN_IF_ERROR(ToStatus(api, api.GetOnnxTypeFromTypeInfo(&info, &kind)));
  TensorSpec spec{.name = std::move(name), .shape = {}};
  if (kind != ONNX_TYPE_TENSOR) {
    return Unsupported("'" + spec.name + "' is " + std::string(NameOf(kind)) + ", only tensors can be served");
  }
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CastTypeInfoToTensorInfo(&info, &tensor)));
  RETURN_IF_ERROR(ReadTensor(api, *tensor, spec));
  return spec;
}

// The C API has the same three functions once for inputs and once for outputs.
struct Side {
  OrtStatus*(ORT_API_CALL* count)(const OrtSession*, size_t*);
  OrtStatus*(ORT_API_CALL* name)(const OrtSession*, size_t, OrtAllocator*, char**);
  OrtStatus*(ORT_API_CALL* type)(const OrtSession*, size_t, OrtTypeInfo**);
};

Result<std::string> ReadName(const OrtApi& api, const OrtSession& session, const Side& side, size_t index) {
  OrtAllocator* allocator = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.GetAllocatorWithDefaultOptions(&allocator)));
  char* name = nullptr;
  RETURN_IF_ERROR(ToStatus(api, side.name(&session, index, allocator, &name)));
  std::string copy = name;
  RETURN_IF_ERROR(ToStatus(api, api.AllocatorFree(allocator, name)));
  return copy;
}

Result<std::vector<TensorSpec>> ReadSide(const OrtApi& api, const OrtSession& session, const Side& side) {
  size_t count = 0;
  RETURN_IF_ERROR(ToStatus(api, side.count(&session, &count)));
  std::vector<TensorSpec> specs;
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::string name, ReadName(api, session, side, i));
    OrtTypeInfo* info = nullptr;
    RETURN_IF_ERROR(ToStatus(api, side.type(&session, i, &info)));
    const Handle<OrtTypeInfo> owner(info, api.ReleaseTypeInfo);
    ASSIGN_OR_RETURN(TensorSpec spec, ReadSpec(api, std::move(name), *info));
    specs.push_back(std::move(spec));
  }
  return specs;
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

Result<Signature> ReadSignature(const OrtApi& api, const OrtSession& session) {
  const Side inputs{api.SessionGetInputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo};
  const Side outputs{api.SessionGetOutputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo};
  Signature signature;
  auto input_specs = ReadSide(api, session, inputs);
  if (!input_specs.ok()) return std::move(input_specs).status().Within("input");
  signature.inputs = std::move(input_specs).value();
  auto output_specs = ReadSide(api, session, outputs);
  if (!output_specs.ok()) return std::move(output_specs).status().Within("output");
  signature.outputs = std::move(output_specs).value();
  signature.batched = LooksBatched(signature);
  return signature;
}

}  // namespace trireme::onnx
