// SPDX-License-Identifier: Apache-2.0
#include "bench/shared_tensors.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

NamedTensor Floats(MemoryPool& pool, const std::string& name, int64_t count) {
  return {name, MakeTensor(pool, DataType::kFp32, Shape({count}))};
}

TEST(PlanSharedTensorsTest, InputsOnceAndOutputsForEachSlot) {
  MemoryPool pool;
  kserve::InferRequestMessage request;
  request.inputs = {Floats(pool, "a", 3), Floats(pool, "b", 16)};
  const auto layout = PlanSharedTensors("r", request, {Floats(pool, "y", 20), Floats(pool, "z", 1)}, 10);
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->inputs[0].offset, 0u);
  EXPECT_EQ(layout->inputs[0].byte_size, 12u);
  EXPECT_EQ(layout->inputs[1].offset, 64u);
  EXPECT_EQ(layout->outputs[0].second.offset, 128u);
  EXPECT_EQ(layout->outputs[1].second.offset, 256u);
  EXPECT_EQ(layout->outputs[1].second.byte_size, 4u);
  EXPECT_EQ(layout->stride, 192u);
  EXPECT_EQ(layout->bytes, 128u + 10 * 192u);
}

TEST(PlanSharedTensorsTest, RefusesMoreThanAServerTakes) {
  MemoryPool pool;
  const auto layout = PlanSharedTensors("r", {}, {Floats(pool, "y", 1 << 20)}, 100'000);
  EXPECT_THAT(layout.status().message(), HasSubstr("more than 64 GiB"));
}

TEST(SharedSegmentTest, IsThereAsLongAsItLives) {
  const std::string key = "/trireme-test-" + std::to_string(getpid());
  {
    const auto segment = SharedSegment::Make(key, 4096);
    ASSERT_TRUE(segment.ok()) << segment.status();
    (*segment)->data()[4095] = std::byte{1};
    EXPECT_EQ(SharedSegment::Make(key, 4096).status().code(), StatusCode::kUnavailable);
  }
  EXPECT_LT(shm_open(key.c_str(), O_RDONLY, 0), 0);
}

}  // namespace
}  // namespace trireme::bench
