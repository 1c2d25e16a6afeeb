// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/values.h"

#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "backends/onnx/ort_error.h"
#include "backends/onnx/string_tensor.h"
#include "onnxfile/element_type.h"

namespace trireme::onnx {
namespace {

ONNXTensorElementDataType ElementTypeOf(DataType type) {
  return static_cast<ONNXTensorElementDataType>(onnxfile::FromDataType(type));
}

// Memory of at least one byte: the runtime refuses a null pointer even where there is nothing to point at.
void* SomeMemory(std::byte* data) {
  static std::byte nothing{};
  return data != nullptr ? data : &nothing;
}

Status View(const Runtime& runtime, DataType type, const Shape& shape, std::byte* data, size_t bytes,
            OrtValue*& value) {
  const OrtApi& api = runtime.api();
  return ToRunStatus(api, api.CreateTensorWithDataAsOrtValue(runtime.cpu(), SomeMemory(data), bytes, shape.begin(),
                                                             shape.rank(), ElementTypeOf(type), &value));
}

// Type and shape of what came out.
Status ReadHead(const OrtApi& api, const OrtValue& value, Tensor& tensor) {
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  const int64_t* dims = nullptr;
  size_t rank = 0;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorElementTypeAndShapeDataReference(&value, &element, &dims, &rank)));
  const std::optional<DataType> type = onnxfile::ToDataType(static_cast<onnxfile::ElementType>(element));
  if (!type) return Internal("an output has a type that cannot be served");
  // Inputs may say how many there are.
  if (rank > Shape::kMaxRank) {
    return InvalidArgument("an output has " + std::to_string(rank) + " dimensions, of which at most " +
                           std::to_string(Shape::kMaxRank) + " can be served");
  }
  tensor.type = *type;
  tensor.shape = Shape(std::span<const int64_t>(dims, rank));
  return {};
}

}  // namespace

Values::~Values() {
  for (OrtValue* value : values_) {
    if (value != nullptr) api_.ReleaseValue(value);
  }
}

Status ToValue(const Runtime& runtime, const Tensor& tensor, OrtValue*& value) {
  if (tensor.type == DataType::kBytes) return ToStringValue(runtime, tensor, value);
  // Inputs are only read, though the C API does not say so.
  return View(runtime, tensor.type, tensor.shape, const_cast<std::byte*>(tensor.data.data()), tensor.data.size(),
              value);
}

Status ToDestinationValue(const Runtime& runtime, DataType type, const Shape& shape, Buffer& memory, OrtValue*& value) {
  return View(runtime, type, shape, memory.mutable_data(), memory.size(), value);
}

Result<Tensor> ToTensor(const std::shared_ptr<const Runtime>& runtime, OrtValue* value, const Buffer& destination) {
  const OrtApi& api = runtime->api();
  // Shared by all who read the output; the runtime's allocators must outlive it.
  std::shared_ptr<OrtValue> owner(value, [runtime](OrtValue* last) { runtime->api().ReleaseValue(last); });
  Tensor tensor;
  RETURN_IF_ERROR(ReadHead(api, *value, tensor));
  if (tensor.type == DataType::kBytes) {
    ASSIGN_OR_RETURN(tensor.data, ReadStrings(*runtime, *value, destination));
    return tensor;
  }
  void* data = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorMutableData(value, &data)));
  const size_t bytes = ByteSize(tensor.type, tensor.shape).value_or(0);
  if (destination.empty() || destination.size() < bytes) {
    tensor.data = Buffer::View(data, bytes, std::move(owner));
    return tensor;
  }
  tensor.data = destination.Slice(0, bytes);
  if (bytes > 0 && data != tensor.data.data()) std::memcpy(tensor.data.mutable_data(), data, bytes);
  return tensor;
}

}  // namespace trireme::onnx
