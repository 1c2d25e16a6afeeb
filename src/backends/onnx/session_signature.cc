// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_signature.h"

#include <utility>
#include <vector>

#include "backends/onnx/ort_error.h"
#include "backends/onnx/value_signature.h"

namespace trireme::onnx {
namespace {

using onnxfile::GraphValue;

GraphValue::Kind KindOf(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_TENSOR:
      return GraphValue::Kind::kTensor;
    case ONNX_TYPE_SEQUENCE:
      return GraphValue::Kind::kSequence;
    case ONNX_TYPE_MAP:
      return GraphValue::Kind::kMap;
    case ONNX_TYPE_OPTIONAL:
      return GraphValue::Kind::kOptional;
    case ONNX_TYPE_SPARSETENSOR:
      return GraphValue::Kind::kSparseTensor;
    default:
      return GraphValue::Kind::kUndeclared;
  }
}

Result<std::vector<onnxfile::Dim>> ReadDims(const OrtApi& api, const OrtTensorTypeAndShapeInfo& info) {
  size_t rank = 0;
  RETURN_IF_ERROR(ToStatus(api, api.GetDimensionsCount(&info, &rank)));
  std::vector<int64_t> sizes(rank);
  RETURN_IF_ERROR(ToStatus(api, api.GetDimensions(&info, sizes.data(), rank)));
  std::vector<const char*> names(rank, nullptr);
  RETURN_IF_ERROR(ToStatus(api, api.GetSymbolicDimensions(&info, names.data(), rank)));
  std::vector<onnxfile::Dim> dims;
  for (size_t d = 0; d < rank; ++d) {
    dims.emplace_back(sizes[d]);
    dims.back().name = names[d];
  }
  return dims;
}

Status ReadTensor(const OrtApi& api, const OrtTypeInfo& info, GraphValue& value) {
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CastTypeInfoToTensorInfo(&info, &tensor)));
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorElementType(tensor, &element)));
  // The runtime numbers element types as the file format does.
  value.type = static_cast<onnxfile::ElementType>(element);
  if (!api.TensorTypeAndShape_HasShape(tensor)) return {};
  ASSIGN_OR_RETURN(value.dims, ReadDims(api, *tensor));
  return {};
}

// The C API has the same three functions for inputs, for inputs with a default, and for outputs.
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

Result<GraphValue> ReadValue(const OrtApi& api, const OrtSession& session, const Side& side, size_t index) {
  GraphValue value;
  ASSIGN_OR_RETURN(value.name, ReadName(api, session, side, index));
  OrtTypeInfo* info = nullptr;
  RETURN_IF_ERROR(ToStatus(api, side.type(&session, index, &info)));
  const Handle<OrtTypeInfo> owner(info, api.ReleaseTypeInfo);
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  RETURN_IF_ERROR(ToStatus(api, api.GetOnnxTypeFromTypeInfo(info, &kind)));
  value.kind = KindOf(kind);
  if (kind == ONNX_TYPE_TENSOR) RETURN_IF_ERROR(ReadTensor(api, *info, value));
  return value;
}

Result<std::vector<GraphValue>> ReadSide(const OrtApi& api, const OrtSession& session, const Side& side) {
  size_t count = 0;
  RETURN_IF_ERROR(ToStatus(api, side.count(&session, &count)));
  std::vector<GraphValue> values;
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(GraphValue value, ReadValue(api, session, side, i));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

Result<Signature> ReadSignature(const OrtApi& api, const OrtSession& session,
                                std::span<const std::string> optional_inputs) {
  const Side inputs{api.SessionGetInputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo};
  const Side defaulted{api.SessionGetOverridableInitializerCount, api.SessionGetOverridableInitializerName,
                       api.SessionGetOverridableInitializerTypeInfo};
  const Side outputs{api.SessionGetOutputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo};
  ModelValues values;
  ASSIGN_OR_RETURN(values.inputs, ReadSide(api, session, inputs));
  if (!optional_inputs.empty()) {
    ASSIGN_OR_RETURN(const std::vector<GraphValue> all, ReadSide(api, session, defaulted));
    values.optional_inputs = PickOptional(all, optional_inputs);
  }
  ASSIGN_OR_RETURN(values.outputs, ReadSide(api, session, outputs));
  return ToSignature(values);
}

}  // namespace trireme::onnx
