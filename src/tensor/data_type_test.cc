// SPDX-License-Identifier: Apache-2.0
#include "tensor/data_type.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace trireme {
namespace {

TEST(DataTypeTest, EveryTypeComesBackFromItsName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(DataType::kBytes); ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(ParseDataType(Name(type)), type);
    names.insert(Name(type));
  }
  EXPECT_EQ(names.size(), 14);
}

TEST(DataTypeTest, SpellsTypesAsV2Does) {
  EXPECT_EQ(Name(DataType::kBool), "BOOL");
  EXPECT_EQ(Name(DataType::kInt64), "INT64");
  EXPECT_EQ(Name(DataType::kFp16), "FP16");
  EXPECT_EQ(Name(DataType::kBf16), "BF16");
  EXPECT_EQ(Name(DataType::kFp32), "FP32");
  EXPECT_EQ(Name(DataType::kBytes), "BYTES");
}

TEST(DataTypeTest, KnowsNoOtherSpelling) {
  for (const std::string_view name : {"", "fp32", "FLOAT", "TYPE_FP32", "FP32 ", "STRING"}) {
    EXPECT_FALSE(ParseDataType(name)) << name;
  }
}

TEST(DataTypeTest, KnowsTheBytesOfAnElement) {
  EXPECT_EQ(ElementBytes(DataType::kBool), 1);
  EXPECT_EQ(ElementBytes(DataType::kUint16), 2);
  EXPECT_EQ(ElementBytes(DataType::kBf16), 2);
  EXPECT_EQ(ElementBytes(DataType::kInt32), 4);
  EXPECT_EQ(ElementBytes(DataType::kFp64), 8);
  EXPECT_EQ(ElementBytes(DataType::kBytes), 0);
}

}  // namespace
}  // namespace trireme
