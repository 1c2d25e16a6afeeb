// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace trireme {
namespace {

using testing::HasSubstr;

class PictureMemoryTest : public testing::Test {
 protected:
  Result<Tensor> Take(int64_t bytes) { return memory_->Take(pool_, DataType::kUint8, {bytes}); }

  MemoryPool pool_;
  std::optional<PictureMemory> memory_{100};
};

TEST_F(PictureMemoryTest, IsTakenUntilTheLastViewGoes) {
  std::optional<Tensor> tensor = *Take(60);
  EXPECT_EQ(tensor->shape, Shape{60});
  tensor->data.mutable_data()[59] = std::byte{1};
  EXPECT_EQ(memory_->used_bytes(), 60u);
  std::optional<Buffer> view = tensor->data.Slice(10, 5);
  tensor.reset();
  EXPECT_EQ(memory_->used_bytes(), 60u);
  view.reset();
  EXPECT_EQ(memory_->used_bytes(), 0u);
}

TEST_F(PictureMemoryTest, RefusesWhatOthersHold) {
  std::optional<Tensor> one = *Take(60);
  const Status refused = Take(41).status();
  EXPECT_EQ(refused.code(), StatusCode::kOverloaded);
  EXPECT_THAT(refused.message(), HasSubstr("become 41 bytes of tensor: expected at most 100"));
  EXPECT_TRUE(Take(40).ok());
  EXPECT_EQ(memory_->used_bytes(), 60u);
  one.reset();
  EXPECT_TRUE(Take(100).ok());
}

TEST_F(PictureMemoryTest, RefusesForGoodWhatWouldNotFitAlone) {
  EXPECT_EQ(Take(101).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(memory_->used_bytes(), 0u);
}

TEST_F(PictureMemoryTest, TensorsMayOutliveIt) {
  const Tensor tensor = *Take(60);
  memory_.reset();
  EXPECT_EQ(tensor.data.size(), 60u);
}

}  // namespace
}  // namespace trireme
