// SPDX-License-Identifier: Apache-2.0
#include "bench/gpu_watch.h"

#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

TEST(GpusTest, AreNoneWithoutTheirLibrary) {
  EXPECT_EQ(Gpus::Open("/nowhere/libnvidia-ml.so.1"), nullptr);
  // A library, but not that one.
  EXPECT_EQ(Gpus::Open("libc.so.6"), nullptr);
}

TEST(GpusTest, SayWhatTheirDriverDoes) {
  const auto gpus = Gpus::Open(TRIREME_FAKE_NVML);
  ASSERT_NE(gpus, nullptr);
  ASSERT_EQ(gpus->count(), 2U);
  EXPECT_EQ(gpus->name(0), "Fake?1");
  EXPECT_EQ(gpus->Busy(0), 0.5);
  EXPECT_EQ(gpus->BytesInUse(0), 400U);
  EXPECT_EQ(gpus->Busy(1), std::nullopt);
  EXPECT_EQ(gpus->Joules(1), std::nullopt);
}

TEST(GpuWatchTest, AveragesWhatItSaw) {
  const auto gpus = Gpus::Open(TRIREME_FAKE_NVML);
  ASSERT_NE(gpus, nullptr);
  GpuWatch watch(*gpus);
  const std::vector<GpuUse> uses = watch.Finish();
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].busy, 0.5);
  EXPECT_EQ(uses[0].bytes, 400U);
  ASSERT_TRUE(uses[0].watts.has_value());
  EXPECT_GT(*uses[0].watts, 0);
  EXPECT_EQ(uses[1].busy, 0);
  EXPECT_FALSE(uses[1].watts.has_value());
}

}  // namespace
}  // namespace trireme::bench
