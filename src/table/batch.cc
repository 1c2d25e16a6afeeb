// SPDX-License-Identifier: Apache-2.0
#include "table/batch.h"

#include <string_view>

#include "base/check.h"

namespace trireme::table {

const char* Name(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "BOOL";
    case ColumnType::kInt64:
      return "INT64";
    case ColumnType::kUint64:
      return "UINT64";
    case ColumnType::kFp32:
      return "FP32";
    case ColumnType::kFp64:
      return "FP64";
    case ColumnType::kText:
      return "TEXT";
  }
  CHECK(false);
}

size_t ValueBytes(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return sizeof(uint8_t);
    case ColumnType::kInt64:
    case ColumnType::kUint64:
      return sizeof(int64_t);
    case ColumnType::kFp32:
      return sizeof(float);
    case ColumnType::kFp64:
      return sizeof(double);
    case ColumnType::kText:
      return sizeof(std::string_view);
  }
  CHECK(false);
}

}  // namespace trireme::table
