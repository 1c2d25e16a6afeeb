// SPDX-License-Identifier: Apache-2.0
#include "tensor/device.h"

#include <gtest/gtest.h>

#include <string_view>

namespace trireme {
namespace {

TEST(DeviceTest, IsTheProcessorByDefault) {
  EXPECT_EQ(Device().ToString(), "cpu");
}

TEST(DeviceTest, ComesBackAsItWasWritten) {
  for (const std::string_view text : {"cpu", "cuda:0", "cuda:15", "MIG-01234567-89ab-cdef-0123-456789abcdef",
                                      "MIG-00000000-0000-0000-0000-000000000000"}) {
    const Result<Device> device = Device::Parse(text);
    ASSERT_TRUE(device.ok()) << device.status();
    EXPECT_EQ(device->ToString(), text);
    EXPECT_EQ(*Device::Parse(device->ToString()), *device);
  }
}

TEST(DeviceTest, TellsDevicesApart) {
  EXPECT_FALSE(*Device::Parse("cuda:0") == *Device::Parse("cuda:1"));
  EXPECT_FALSE(*Device::Parse("cuda:0") == Device());
}

TEST(DeviceTest, ReadsUuidsInEitherCase) {
  EXPECT_EQ(*Device::Parse("MIG-ABCDEF01-2345-6789-abcd-ef0123456789"),
            *Device::Parse("MIG-abcdef01-2345-6789-ABCD-EF0123456789"));
}

TEST(DeviceTest, ListsMayHaveBlanks) {
  EXPECT_EQ(SplitDeviceNames("cuda:0, cuda:1 ,\tcpu"), (std::vector<std::string_view>{"cuda:0", "cuda:1", "cpu"}));
  EXPECT_EQ(SplitDeviceNames("cpu"), std::vector<std::string_view>{"cpu"});
  EXPECT_EQ(SplitDeviceNames(" "), std::vector<std::string_view>{""});
  EXPECT_EQ(SplitDeviceNames("cpu,"), (std::vector<std::string_view>{"cpu", ""}));
}

TEST(DeviceTest, NamesTheTextAndWhatWasExpected) {
  for (const std::string_view text :
       {"", "gpu", "CPU", "cpu ", "cuda", "cuda:", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:1x", "cuda:99999999999",
        "MIG-", "MIG-01234567-89ab-cdef-0123-456789abcde", "MIG-01234567-89ab-cdef-0123-456789abcdefa",
        "MIG-01234567x89ab-cdef-0123-456789abcdef", "MIG-01234567-89ab-cdef-0123-456789abcdeg"}) {
    const Result<Device> device = Device::Parse(text);
    ASSERT_FALSE(device.ok()) << text;
    EXPECT_EQ(device.status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(device.status().message(), "device '" + std::string(text) + "': expected cpu, cuda:N or MIG-<uuid>");
  }
}

}  // namespace
}  // namespace trireme
