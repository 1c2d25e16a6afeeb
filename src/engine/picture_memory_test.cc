// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_memory.h"

#include <gtest/gtest.h>

#include <optional>

namespace trireme {
namespace {

class PictureMemoryTest : public testing::Test {
 protected:
  Tensor Keep(int64_t bytes) { return memory_->Keep(MakeTensor(pool_, DataType::kUint8, {bytes})); }

  MemoryPool pool_;
  std::optional<PictureMemory> memory_{std::in_place};
};

TEST_F(PictureMemoryTest, CountsUntilTheLastViewGoes) {
  std::optional<Tensor> tensor = Keep(60);
  EXPECT_EQ(tensor->shape, Shape{60});
  tensor->data.mutable_data()[59] = std::byte{1};
  const Tensor other = Keep(40);
  EXPECT_EQ(memory_->bytes(), 100U);
  std::optional<Buffer> view = tensor->data.Slice(10, 5);
  tensor.reset();
  EXPECT_EQ(memory_->bytes(), 100U);
  view.reset();
  EXPECT_EQ(memory_->bytes(), 40U);
}

TEST_F(PictureMemoryTest, MayGoBeforeItsTensors) {
  Tensor tensor = Keep(60);
  memory_.reset();
  tensor.data.mutable_data()[59] = std::byte{1};
  EXPECT_EQ(tensor.data.size(), 60U);
}

}  // namespace
}  // namespace trireme
