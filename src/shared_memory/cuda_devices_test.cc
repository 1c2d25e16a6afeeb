// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/cuda_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace trireme {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class CudaDevicesTest : public testing::Test {
 protected:
  static CudaDevices Find(const char* gpus) {
    setenv("FAKE_CUDA_GPUS", gpus, 1);  // NOLINT(concurrency-mt-unsafe): one thread
    return FindCudaDevices(TRIREME_FAKE_CUDA);
  }
  ~CudaDevicesTest() override { unsetenv("FAKE_CUDA_GPUS"); }  // NOLINT(concurrency-mt-unsafe): one thread
};

TEST_F(CudaDevicesTest, FindsGpusAndSlices) {
  const CudaDevices found = Find("1000,mig:2000");
  ASSERT_THAT(found.devices, SizeIs(2));
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_EQ(found.devices[0].index, 0);
  EXPECT_EQ(found.devices[0].name, "Fake GPU");
  EXPECT_FALSE(found.devices[0].is_slice);
  EXPECT_EQ(found.devices[0].free_bytes, 1000U);
  EXPECT_EQ(found.devices[0].total_bytes, 1100U);
  EXPECT_EQ(found.devices[1].index, 1);
  EXPECT_TRUE(found.devices[1].is_slice);
  EXPECT_EQ(found.devices[1].free_bytes, 2000U);
  EXPECT_NE(found.devices[0].uuid, found.devices[1].uuid);
}

TEST_F(CudaDevicesTest, SaysWhichCannotBeUsed) {
  const CudaDevices found = Find("busy,2000");
  ASSERT_THAT(found.devices, SizeIs(1));
  EXPECT_EQ(found.devices[0].index, 1);
  EXPECT_THAT(found.problems, testing::ElementsAre("GPU 0 cannot be used: CUDA_ERROR_DEVICE_UNAVAILABLE"));
}

TEST_F(CudaDevicesTest, FindsNoneWithoutADriver) {
  EXPECT_THAT(FindCudaDevices("/nowhere/libcuda.so.1").devices, IsEmpty());
}

TEST_F(CudaDevicesTest, FindsWhatIsReallyThere) {
  const CudaDevices found = FindCudaDevices("libcuda.so.1");
  if (found.devices.empty()) GTEST_SKIP() << "there is no GPU here";
  for (const CudaDevice& device : found.devices) {
    EXPECT_FALSE(device.name.empty());
    EXPECT_GT(device.total_bytes, 0U);
    EXPECT_LE(device.free_bytes, device.total_bytes);
  }
}

}  // namespace
}  // namespace trireme
