// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace trireme {
namespace {

TEST(ByteSizeTest, IsElementsTimesTheirSize) {
  EXPECT_EQ(ByteSize(DataType::kFp32, {2, 3}), 24);
  EXPECT_EQ(ByteSize(DataType::kBool, {}), 1);
  EXPECT_EQ(ByteSize(DataType::kInt64, {0, 5}), 0);
}

TEST(ByteSizeTest, IsNoneWhereItCannotBeSaid) {
  EXPECT_EQ(ByteSize(DataType::kBytes, {1}), std::nullopt);
  EXPECT_EQ(ByteSize(DataType::kFp32, {Shape::kAny}), std::nullopt);
  EXPECT_EQ(ByteSize(DataType::kFp32, {int64_t{1} << 40, int64_t{1} << 40}), std::nullopt);
  // The count fits into 63 bits, its bytes do not fit into 64.
  EXPECT_EQ(ByteSize(DataType::kFp64, {int64_t{1} << 62}), std::nullopt);
  EXPECT_EQ(ByteSize(DataType::kFp32, {int64_t{1} << 62}), std::nullopt);
}

TEST(TensorTest, IsMadeWithRoomForItsElements) {
  MemoryPool pool;
  Tensor tensor = MakeTensor(pool, DataType::kInt32, {2, 3});
  EXPECT_EQ(tensor.data.size(), 24);
  ASSERT_EQ(tensor.MutableAs<int32_t>().size(), 6);
  tensor.MutableAs<int32_t>()[5] = -7;
  EXPECT_EQ(tensor.As<int32_t>()[5], -7);
  EXPECT_TRUE(IsAligned(tensor.type, tensor.data.data()));
}

TEST(TensorTest, ACopySharesTheElements) {
  MemoryPool pool;
  Tensor tensor = MakeTensor(pool, DataType::kUint8, {1});
  const Tensor copy = tensor;
  tensor.MutableAs<uint8_t>()[0] = 9;
  EXPECT_EQ(copy.As<uint8_t>()[0], 9);
}

TEST(TensorTest, AlignmentIsThatOfTheElement) {
  alignas(8) const std::array<std::byte, 16> memory = {};
  EXPECT_TRUE(IsAligned(DataType::kFp64, memory.data()));
  EXPECT_FALSE(IsAligned(DataType::kFp64, memory.data() + 4));
  EXPECT_TRUE(IsAligned(DataType::kFp32, memory.data() + 4));
  EXPECT_FALSE(IsAligned(DataType::kFp16, memory.data() + 1));
  EXPECT_TRUE(IsAligned(DataType::kInt8, memory.data() + 1));
  EXPECT_TRUE(IsAligned(DataType::kBytes, memory.data() + 1));
}

TEST(TensorDeathTest, ATensorWithoutASizeIsABug) {
  MemoryPool pool;
  EXPECT_DEATH(MakeTensor(pool, DataType::kBytes, {1}), "cannot happen");
  EXPECT_DEATH(MakeTensor(pool, DataType::kFp32, {-1}), "cannot happen");
}

}  // namespace
}  // namespace trireme
