// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/values.h"

#include <array>
#include <cstring>
#include <memory>
#include <utility>

namespace trireme::torch_backend {
namespace {

struct TypePair {
  DataType ours;
  at::ScalarType theirs;
};

constexpr std::array kTypes = {
    TypePair{DataType::kFp32, at::kFloat},    TypePair{DataType::kInt64, at::kLong},
    TypePair{DataType::kInt32, at::kInt},     TypePair{DataType::kUint8, at::kByte},
    TypePair{DataType::kBool, at::kBool},     TypePair{DataType::kFp64, at::kDouble},
    TypePair{DataType::kFp16, at::kHalf},     TypePair{DataType::kBf16, at::kBFloat16},
    TypePair{DataType::kInt8, at::kChar},     TypePair{DataType::kInt16, at::kShort},
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
    TypePair{DataType::kUint16, at::kUInt16}, TypePair{DataType::kUint32, at::kUInt32},
    TypePair{DataType::kUint64, at::kUInt64},
#endif
};

// Of results that lie in less memory than they have elements, as expand() makes them: each is written out.
constexpr int64_t kMostRepeatedBytes = int64_t{1} << 30;

bool IsRepeatedTooOften(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided || !tensor.has_storage()) return false;
  const auto size = static_cast<int64_t>(tensor.itemsize());
  if (tensor.numel() <= kMostRepeatedBytes / size) return false;
  return tensor.numel() > static_cast<int64_t>(tensor.storage().nbytes()) / size;
}

// A view of the same elements, in an order and a place that can be read.
at::Tensor Readable(const at::Tensor& tensor) {
  at::Tensor readable = tensor.detach();
  if (readable.device().type() != at::kCPU) readable = readable.to(at::kCPU);
  if (readable.is_conj() || readable.is_neg()) readable = readable.resolve_conj().resolve_neg();
  return readable.contiguous();
}

}  // namespace

std::optional<at::ScalarType> ToScalarType(DataType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.ours == type) return pair.theirs;
  }
  return std::nullopt;
}

std::optional<DataType> ToDataType(at::ScalarType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.theirs == type) return pair.ours;
  }
  return std::nullopt;
}

at::Tensor ToTorch(const Tensor& tensor, bool copy) {
  const at::TensorOptions options = at::TensorOptions().dtype(ToScalarType(tensor.type).value());
  const at::IntArrayRef sizes(tensor.shape.begin(), tensor.shape.rank());
  if (tensor.data.empty()) return at::empty(sizes, options);
  // The library takes no memory that may not be written to; a program that would write gets a copy.
  auto* data = const_cast<std::byte*>(tensor.data.data());
  at::Tensor view = at::from_blob(
      data, sizes, [keep_alive = tensor.data.keep_alive()](void*) mutable { keep_alive.reset(); }, options);
  return copy ? view.clone() : view;
}

Result<DataType> TypeOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return Unsupported("it is an undefined tensor");
  if (tensor.layout() != at::kStrided && tensor.layout() != at::kMkldnn) {
    return Unsupported("it is a sparse tensor, and only dense ones can be served");
  }
  if (tensor.is_quantized()) {
    return Unsupported("it is a quantised tensor: let the model end with a dequantisation (torch.dequantize)");
  }
  if (tensor.is_complex()) {
    return Unsupported("it is a complex tensor: let the model end with torch.view_as_real");
  }
  const std::optional<DataType> type = ToDataType(tensor.scalar_type());
  if (!type) {
    return Unsupported("it has elements of type " + std::string(c10::toString(tensor.scalar_type())) +
                       ", which has no counterpart among the protocols' types");
  }
  if (static_cast<size_t>(tensor.dim()) > Shape::kMaxRank) {
    return Unsupported("it has " + std::to_string(tensor.dim()) + " dimensions, at most " +
                       std::to_string(Shape::kMaxRank) + " can be served");
  }
  if (IsRepeatedTooOften(tensor)) {
    return Unsupported("it repeats " + std::to_string(tensor.storage().nbytes()) + " bytes as " +
                       std::to_string(tensor.numel()) + " elements; at most " + std::to_string(kMostRepeatedBytes) +
                       " bytes of such can be served");
  }
  return *type;
}

Result<Tensor> FromTorch(const at::Tensor& tensor, std::optional<DataType> expected, const Buffer& destination,
                         bool is_inputs_memory) {
  ASSIGN_OR_RETURN(const DataType type, TypeOf(tensor));
  if (expected && type != *expected) {
    return Internal("it is " + std::string(Name(type)) + ", where " + std::string(Name(*expected)) + " was expected");
  }
  at::Tensor readable = Readable(tensor.layout() == at::kMkldnn ? tensor.to_dense() : tensor);
  const auto sizes = readable.sizes();
  Tensor result{.type = type, .shape = Shape(std::span<const int64_t>(sizes.data(), sizes.size())), .data = {}};
  const size_t bytes = readable.nbytes();
  if (bytes == 0) return result;
  if (destination.size() >= bytes) {
    result.data = destination.Slice(0, bytes);
    std::memcpy(result.data.mutable_data(), readable.data_ptr(), bytes);
    return result;
  }
  if (is_inputs_memory && readable.storage().data_ptr().get() == tensor.storage().data_ptr().get()) {
    readable = readable.clone();
  }
  auto kept = std::make_shared<const at::Tensor>(std::move(readable));  // shared by all that views its elements
  result.data = Buffer::View(kept->data_ptr(), bytes, kept);
  return result;
}

}  // namespace trireme::torch_backend
