// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "codec/small_float.h"
#include "wire/sagemaker/fit_shape.h"
#include "wire/sagemaker/npy.h"
#include "wire/sagemaker/npy_header.h"

namespace trireme::sagemaker {
namespace {

// An element type: how it lies in memory, and the number that it is.
template <typename T>
struct Plain {
  using Bits = T;
  using Number = T;
  static Number Widen(Bits bits) { return bits; }
  template <typename From>
  static std::optional<Bits> Narrow(From value) {
    if constexpr (std::is_integral_v<T>) {
      if (!std::in_range<T>(value)) return std::nullopt;
      return static_cast<T>(value);
    } else {
      const auto narrow = static_cast<T>(value);
      if (std::isinf(narrow) && !std::isinf(static_cast<double>(value))) return std::nullopt;
      return narrow;
    }
  }
};

template <uint16_t (*kNarrow)(double), float (*kWiden)(uint16_t)>
struct Small {
  using Bits = uint16_t;
  using Number = float;
  static Number Widen(Bits bits) { return kWiden(bits); }
  template <typename From>
  static std::optional<Bits> Narrow(From value) {
    const uint16_t bits = kNarrow(static_cast<double>(value));
    if (std::isinf(kWiden(bits)) && !std::isinf(static_cast<double>(value))) return std::nullopt;
    return bits;
  }
};

// Calls `use(Type())` with the element type of numbers.
template <typename Use>
Status WithType(DataType type, Use use) {
  switch (type) {
    case DataType::kUint8:
      return use(Plain<uint8_t>());
    case DataType::kUint16:
      return use(Plain<uint16_t>());
    case DataType::kUint32:
      return use(Plain<uint32_t>());
    case DataType::kUint64:
      return use(Plain<uint64_t>());
    case DataType::kInt8:
      return use(Plain<int8_t>());
    case DataType::kInt16:
      return use(Plain<int16_t>());
    case DataType::kInt32:
      return use(Plain<int32_t>());
    case DataType::kInt64:
      return use(Plain<int64_t>());
    case DataType::kFp16:
      return use(Small<NarrowToFp16, WidenFp16>());
    case DataType::kBf16:
      return use(Small<NarrowToBf16, WidenBf16>());
    case DataType::kFp32:
      return use(Plain<float>());
    case DataType::kFp64:
      return use(Plain<double>());
    case DataType::kBool:
    case DataType::kBytes:
      break;
  }
  return InvalidArgument("no number");
}

Status DoNotFit(DataType from, DataType to) {
  return InvalidArgument("expected an array of " + std::string(Name(to)) + ", found one of " + std::string(Name(from)) +
                         ", which does not fit");
}

template <typename From, typename To>
Status ConvertAll(const std::byte* from, Tensor& to) {
  using FromBits = typename From::Bits;
  using ToBits = typename To::Bits;
  constexpr bool kLosesFraction =
      std::is_floating_point_v<typename From::Number> && std::is_integral_v<typename To::Number>;
  if constexpr (kLosesFraction) {
    return InvalidArgument("an array of whole numbers is expected");
  } else {
    size_t index = 0;
    for (ToBits& element : to.MutableAs<ToBits>()) {
      FromBits bits;
      std::memcpy(&bits, from + index * sizeof bits, sizeof bits);
      const std::optional<ToBits> value = To::Narrow(From::Widen(bits));
      if (!value) {
        return InvalidArgument("element " + std::to_string(index) + " does not fit " + std::string(Name(to.type)));
      }
      element = *value;
      index += 1;
    }
    return {};
  }
}

Result<Tensor> Convert(const NpyHead& head, const std::byte* elements, DataType type, MemoryPool& pool) {
  if (head.type == DataType::kBool || type == DataType::kBool) {
    return DoNotFit(head.type, type);
  }
  Tensor tensor = MakeTensor(pool, type, head.shape);
  Status status = WithType(head.type, [&]<typename From>(From) {
    return WithType(type, [&]<typename To>(To) { return ConvertAll<From, To>(elements, tensor); });
  });
  if (!status.ok()) return std::move(status).Within(DoNotFit(head.type, type).message());
  return tensor;
}

Result<Tensor> SameType(const NpyHead& head, std::span<const std::byte> elements,
                        const std::shared_ptr<const void>& keep_alive, MemoryPool& pool) {
  if (IsAligned(head.type, elements.data())) {
    const Buffer view = Buffer::View(elements.data(), elements.size(), keep_alive);
    return Tensor{.type = head.type, .shape = head.shape, .data = view};
  }
  Tensor tensor = MakeTensor(pool, head.type, head.shape);
  std::memcpy(tensor.data.mutable_data(), elements.data(), elements.size());
  return tensor;
}

// A byte that is neither 0 nor 1 is no bool that a model may be shown.
bool AreTruths(std::span<const std::byte> elements) {
  for (const std::byte element : elements) {
    if (element > std::byte{1}) return false;
  }
  return true;
}

}  // namespace

Result<Tensor> ReadNpy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& keep_alive,
                       const TensorSpec& input, MemoryPool& pool) {
  if (input.type == DataType::kBytes) {
    return InvalidArgument(
        "expected application/json or text/csv, as the input is of BYTES, found application/x-npy, "
        "which has no such type");
  }
  ASSIGN_OR_RETURN(const NpyHead head, ReadNpyHead(bytes));
  const std::span<const std::byte> elements = bytes.subspan(head.bytes);
  const std::optional<size_t> needed = ByteSize(head.type, head.shape);
  if (needed != elements.size()) {
    return InvalidArgument("expected the elements of an array of " + std::string(Name(head.type)) + " " +
                           head.shape.ToString() + ", found " + std::to_string(elements.size()) + " bytes");
  }
  if (head.type == DataType::kBool && !AreTruths(elements)) {
    return InvalidArgument("expected bytes of 0 and 1 in an array of bool, found others");
  }
  Result<Tensor> tensor = head.type == input.type ? SameType(head, elements, keep_alive, pool)
                                                  : Convert(head, elements.data(), input.type, pool);
  if (!tensor.ok()) return tensor;
  tensor->shape = FitShape(input.shape, head.shape);
  return tensor;
}

}  // namespace trireme::sagemaker
