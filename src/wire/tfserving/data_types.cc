// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/data_types.h"

#include <algorithm>
#include <array>

namespace trireme::tfserving {
namespace {

struct Row {
  DataType type;
  int number;
  std::string_view enum_name;
  std::string_view plain_name;
};

// In the order of DataType.
constexpr std::array<Row, 14> kRows = {{
    {DataType::kBool, 10, "DT_BOOL", "bool"},
    {DataType::kUint8, 4, "DT_UINT8", "uint8"},
    {DataType::kUint16, 17, "DT_UINT16", "uint16"},
    {DataType::kUint32, 22, "DT_UINT32", "uint32"},
    {DataType::kUint64, 23, "DT_UINT64", "uint64"},
    {DataType::kInt8, 6, "DT_INT8", "int8"},
    {DataType::kInt16, 5, "DT_INT16", "int16"},
    {DataType::kInt32, 3, "DT_INT32", "int32"},
    {DataType::kInt64, 9, "DT_INT64", "int64"},
    {DataType::kFp16, 19, "DT_HALF", "half"},
    {DataType::kBf16, 14, "DT_BFLOAT16", "bfloat16"},
    {DataType::kFp32, 1, "DT_FLOAT", "float"},
    {DataType::kFp64, 2, "DT_DOUBLE", "double"},
    {DataType::kBytes, 7, "DT_STRING", "string"},
}};

struct OtherRow {
  int number;
  std::string_view enum_name;
};

constexpr std::array<OtherRow, 10> kOthers = {{{0, "DT_INVALID"},
                                               {8, "DT_COMPLEX64"},
                                               {11, "DT_QINT8"},
                                               {12, "DT_QUINT8"},
                                               {13, "DT_QINT32"},
                                               {15, "DT_QINT16"},
                                               {16, "DT_QUINT16"},
                                               {18, "DT_COMPLEX128"},
                                               {20, "DT_RESOURCE"},
                                               {21, "DT_VARIANT"}}};

const Row& RowOf(DataType type) {
  return kRows.at(static_cast<size_t>(type));
}

}  // namespace

int NumberOf(DataType type) {
  return RowOf(type).number;
}

std::optional<DataType> TypeOfNumber(uint64_t number) {
  const auto row = std::ranges::find_if(kRows, [&](const Row& r) { return static_cast<uint64_t>(r.number) == number; });
  return row == kRows.end() ? std::nullopt : std::optional(row->type);
}

std::string_view EnumName(DataType type) {
  return RowOf(type).enum_name;
}

std::string EnumNameOfNumber(uint64_t number) {
  if (const auto type = TypeOfNumber(number)) return std::string(EnumName(*type));
  for (const OtherRow& row : kOthers) {
    if (static_cast<uint64_t>(row.number) == number) return std::string(row.enum_name);
  }
  return "type " + std::to_string(number);
}

std::string_view PlainName(DataType type) {
  return RowOf(type).plain_name;
}

}  // namespace trireme::tfserving
