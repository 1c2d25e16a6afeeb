// SPDX-License-Identifier: Apache-2.0
#include "app/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kSlice = "MIG-01234567-89ab-cdef-0123-456789abcdef";

Device At(const std::string& name) {
  return Device::Parse(name).value();
}

const std::vector<FoundDevice> kFound = {{.device = At("cpu"), .name = ""},
                                         {.device = At("cuda:0"), .name = "A", .free_bytes = 1000},
                                         {.device = At(kSlice), .name = "B", .free_bytes = 500}};

std::vector<std::string> Chosen(const std::vector<Device>& wanted) {
  std::vector<std::string> names;
  for (const FoundDevice& device : ChooseDevices(kFound, wanted).value()) names.push_back(device.device.ToString());
  return names;
}

TEST(Devices, AreAllThatAreThereUnlessSomeAreNamed) {
  EXPECT_THAT(Chosen({}), ElementsAre("cpu", "cuda:0", kSlice));
  EXPECT_THAT(Chosen({At(kSlice), At("cpu")}), ElementsAre(kSlice, "cpu"));
}

TEST(Devices, HaveToBeThere) {
  EXPECT_EQ(
      ChooseDevices(kFound, std::vector<Device>{At("cuda:1")}).status().message(),
      std::string("--devices: expected devices of this machine, which has cpu, cuda:0, ") + kSlice + ", found cuda:1");
  EXPECT_EQ(ChooseDevices(kFound, std::vector<Device>{At("cpu"), At("cpu")}).status().message(),
            "--devices: expected each device once, found cpu twice");
}

TEST(Devices, HaveMostOfWhatIsFreeUnlessABudgetSaysOtherwise) {
  EXPECT_THAT(DeviceBudgets(kFound, {}).value(), ElementsAre(Pair(kSlice, 450), Pair("cuda:0", 900)));
  EXPECT_THAT(DeviceBudgets(kFound, {{"cpu", 7}, {"cuda:0", 0}}).value(),
              ElementsAre(Pair(kSlice, 450), Pair("cpu", 7), Pair("cuda:0", 0)));
}

TEST(Devices, HaveNoBudgetIfTheyAreNotThere) {
  EXPECT_EQ(DeviceBudgets({kFound[0]}, {{"cuda:0", 7}}).status().message(),
            "--budget: expected devices of this server, which has cpu, found cuda:0");
  EXPECT_TRUE(DeviceBudgets({kFound[1]}, {{"cpu", 7}}).ok());
}

TEST(Devices, AreTheCpuAloneWithoutADriver) {
  const FoundDevices found = FindDevices("/nowhere/libcuda.so.1");
  ASSERT_EQ(found.devices.size(), 1U);
  EXPECT_EQ(found.devices[0].device, Device());
}

}  // namespace
}  // namespace trireme
