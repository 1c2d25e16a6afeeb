// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/tensor_list.h"

#include "base/check.h"

namespace trireme::tfserving {
namespace {

using Type = ProtoField::Type;

constexpr TensorList kFloats{5, "float_val", Type::kFixed32};
constexpr TensorList kDoubles{6, "double_val", Type::kFixed64};
constexpr TensorList kInts{7, "int_val", Type::kVarint};
constexpr TensorList kStrings{8, "string_val", Type::kBytes};
constexpr TensorList kInt64s{10, "int64_val", Type::kVarint};
constexpr TensorList kBools{11, "bool_val", Type::kVarint};
constexpr TensorList kHalves{13, "half_val", Type::kVarint};  // bit patterns
constexpr TensorList kUint32s{16, "uint32_val", Type::kVarint};
constexpr TensorList kUint64s{17, "uint64_val", Type::kVarint};

constexpr int kFirstList = 5;
constexpr int kLastList = 18;

}  // namespace

const TensorList& TensorListOf(DataType type) {
  switch (type) {
    case DataType::kFp32:
      return kFloats;
    case DataType::kFp64:
      return kDoubles;
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kUint8:
    case DataType::kUint16:
      return kInts;
    case DataType::kBytes:
      return kStrings;
    case DataType::kInt64:
      return kInt64s;
    case DataType::kBool:
      return kBools;
    case DataType::kFp16:
    case DataType::kBf16:
      return kHalves;
    case DataType::kUint32:
      return kUint32s;
    case DataType::kUint64:
      return kUint64s;
  }
  CHECK(false);
}

bool IsSignedList(const TensorList& list) {
  return list.number != kUint32s.number && list.number != kUint64s.number;
}

bool IsTensorList(int number) {
  return number >= kFirstList && number <= kLastList;
}

}  // namespace trireme::tfserving
