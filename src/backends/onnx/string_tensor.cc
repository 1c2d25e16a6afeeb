// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/string_tensor.h"

#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "backends/onnx/ort_error.h"
#include "tensor/bytes_elements.h"

namespace trireme::onnx {
namespace {

using LengthPrefix = uint32_t;
static_assert(std::endian::native == std::endian::little);

Status SetElement(const OrtApi& api, OrtValue& value, size_t index, std::string_view element) {
  char* buffer = nullptr;
  RETURN_IF_ERROR(ToRunStatus(api, api.GetResizedStringTensorElementBuffer(&value, index, element.size(), &buffer)));
  if (!element.empty()) std::memcpy(buffer, element.data(), element.size());
  return {};
}

Result<size_t> CountElements(const OrtApi& api, const OrtValue& value) {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorTypeAndShape(&value, &info)));
  const Handle<OrtTensorTypeAndShapeInfo> owner(info, api.ReleaseTensorTypeAndShapeInfo);
  size_t count = 0;
  RETURN_IF_ERROR(ToStatus(api, api.GetTensorShapeElementCount(info, &count)));
  return count;
}

// Puts a length before each element. `out` has room for all lengths and the elements; these lie at its end, one behind
// the other, and element i begins at offsets[i] there. Each moves towards the front, so none is overwritten before its
// turn.
Status PutLengths(std::byte* out, size_t bytes, const std::vector<size_t>& offsets) {
  const size_t content_at = offsets.size() * sizeof(LengthPrefix);
  const size_t content_bytes = bytes - content_at;
  std::byte* next = out;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const size_t end = i + 1 < offsets.size() ? offsets[i + 1] : content_bytes;
    const size_t length = end - offsets[i];
    if (length > std::numeric_limits<LengthPrefix>::max()) return Internal("an output string is longer than 4 GiB");
    const std::byte* element = out + content_at + offsets[i];
    std::memmove(next + sizeof(LengthPrefix), element, length);
    const auto prefix = static_cast<LengthPrefix>(length);
    std::memcpy(next, &prefix, sizeof(prefix));
    next += sizeof(LengthPrefix) + length;
  }
  return {};
}

}  // namespace

Status ToStringValue(const Runtime& runtime, const Tensor& tensor, OrtValue*& value) {
  const OrtApi& api = runtime.api();
  const int64_t count = tensor.shape.ElementCount().value_or(-1);
  RETURN_IF_ERROR(CheckBytesElements(tensor.data.bytes(), count));
  OrtAllocator* allocator = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.GetAllocatorWithDefaultOptions(&allocator)));
  RETURN_IF_ERROR(ToRunStatus(api, api.CreateTensorAsOrtValue(allocator, tensor.shape.begin(), tensor.shape.rank(),
                                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &value)));
  BytesReader elements(tensor.data.bytes());
  for (int64_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(SetElement(api, *value, static_cast<size_t>(i), elements.Next().value()));
  }
  return {};
}

Result<Buffer> ReadStrings(const Runtime& runtime, const OrtValue& value, const Buffer& destination) {
  const OrtApi& api = runtime.api();
  ASSIGN_OR_RETURN(const size_t count, CountElements(api, value));
  if (count == 0) return Buffer();
  size_t content_bytes = 0;
  RETURN_IF_ERROR(ToStatus(api, api.GetStringTensorDataLength(&value, &content_bytes)));
  const size_t content_at = count * sizeof(LengthPrefix);
  const size_t bytes = content_at + content_bytes;
  Buffer out = destination.size() >= bytes ? destination.Slice(0, bytes) : Buffer::Take(runtime.pool(), bytes);
  std::vector<size_t> offsets(count);
  RETURN_IF_ERROR(ToStatus(
      api, api.GetStringTensorContent(&value, out.mutable_data() + content_at, content_bytes, offsets.data(), count)));
  RETURN_IF_ERROR(PutLengths(out.mutable_data(), bytes, offsets));
  return out;
}

}  // namespace trireme::onnx
