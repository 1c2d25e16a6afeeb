// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/types.h"

#include <algorithm>
#include <array>

namespace trireme::tensorflow {
namespace {

struct KnownType {
  TfType type;
  const char* name;
  ElementType element;
  uint64_t bytes;
};

constexpr std::array<KnownType, 14> kKnown = {{
    {TfType::kFloat, "DT_FLOAT", ElementType::kFloat, 4},
    {TfType::kDouble, "DT_DOUBLE", ElementType::kDouble, 8},
    {TfType::kInt32, "DT_INT32", ElementType::kInt32, 4},
    {TfType::kUint8, "DT_UINT8", ElementType::kUint8, 1},
    {TfType::kInt16, "DT_INT16", ElementType::kInt16, 2},
    {TfType::kInt8, "DT_INT8", ElementType::kInt8, 1},
    {TfType::kString, "DT_STRING", ElementType::kString, 0},
    {TfType::kInt64, "DT_INT64", ElementType::kInt64, 8},
    {TfType::kBool, "DT_BOOL", ElementType::kBool, 1},
    {TfType::kBfloat16, "DT_BFLOAT16", ElementType::kBfloat16, 2},
    {TfType::kUint16, "DT_UINT16", ElementType::kUint16, 2},
    {TfType::kHalf, "DT_HALF", ElementType::kFloat16, 2},
    {TfType::kUint32, "DT_UINT32", ElementType::kUint32, 4},
    {TfType::kUint64, "DT_UINT64", ElementType::kUint64, 8},
}};

constexpr int32_t kReference = 100;  // DT_FLOAT_REF is DT_FLOAT and this

TfType WithoutReference(TfType type) {
  const auto number = static_cast<int32_t>(type);
  return number > kReference ? static_cast<TfType>(number - kReference) : type;
}

}  // namespace

std::string NameOf(TfType type) {
  for (const KnownType& known : kKnown) {
    if (known.type == WithoutReference(type)) return known.name;
  }
  if (type == TfType::kInvalid) return "DT_INVALID";
  if (type == TfType::kResource) return "DT_RESOURCE";
  if (type == TfType::kVariant) return "DT_VARIANT";
  return "data type " + std::to_string(static_cast<int32_t>(type));
}

std::string NameOf(ElementType type) {
  for (const KnownType& known : kKnown) {
    if (known.element == type) return known.name;
  }
  return "an unknown type";
}

std::string TextOf(const Dims& dims) {
  std::string text;
  for (const int64_t dim : dims) text += (text.empty() ? "" : ",") + (dim == kAnySize ? "?" : std::to_string(dim));
  return "[" + text + "]";
}

std::optional<ElementType> ToElementType(TfType type) {
  for (const KnownType& known : kKnown) {
    if (known.type == WithoutReference(type)) return known.element;
  }
  return std::nullopt;
}

uint64_t ElementBytes(ElementType type) {
  for (const KnownType& known : kKnown) {
    if (known.element == type) return known.bytes;
  }
  return 0;
}

std::optional<uint64_t> ElementCount(const Dims& dims) {
  constexpr uint64_t kMost = uint64_t{1} << 48;
  uint64_t count = 1;
  for (const int64_t dim : dims) {
    if (dim < 0 || dim > kMostDim) return std::nullopt;
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(dim), &count) || count > kMost) return std::nullopt;
  }
  return count;
}

}  // namespace trireme::tensorflow
