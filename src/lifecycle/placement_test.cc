// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme {
namespace {

constexpr const char* kSlice = "MIG-01234567-89ab-cdef-0123-456789abcdef";

Device At(const std::string& name) {
  return Device::Parse(name).value();
}
DeviceWish Pin(const std::string& name) {
  return DeviceWish::On(At(name));
}
DeviceRoom Room(const std::string& name, int64_t free, int64_t reachable) {
  return {.device = At(name), .free_bytes = free, .reachable_bytes = reachable};
}
DeviceRoom Room(const std::string& name, int64_t free) {
  return Room(name, free, free);
}

const DeviceWish kAny;
const DeviceWish kGpu = {.kind = DeviceWish::Kind::kGpu};

struct Case {
  std::string rule;
  std::vector<DeviceWish> copies;
  uint64_t bytes = 0;
  std::vector<DeviceRoom> rooms;
  std::vector<std::string> devices;  // none: it cannot be placed
};

const std::vector<Case> kCases = {
    {"without a GPU on the cpu", {kAny}, 5, {Room("cpu", 10)}, {"cpu"}},
    {"a GPU before the cpu", {kAny}, 5, {Room("cpu", 10), Room("cuda:0", 6)}, {"cuda:0"}},
    {"the cpu, where no GPU could ever have it", {kAny}, 9, {Room("cpu", 10), Room("cuda:0", 6)}, {"cpu"}},
    {"a GPU where somebody goes for it, before the cpu",
     {kAny},
     9,
     {Room("cpu", 10), Room("cuda:0", 6, 9)},
     {"cuda:0"}},
    {"where most is free", {kGpu}, 5, {Room("cpu", 99), Room("cuda:0", 6), Room("cuda:1", 7)}, {"cuda:1"}},
    {"of two alike the first", {kGpu}, 5, {Room("cuda:1", 7), Room("cuda:0", 7)}, {"cuda:1"}},
    {"slices as GPUs", {kGpu}, 5, {Room("cuda:0", 6), Room(kSlice, 7)}, {kSlice}},
    {"where it can be had, before where more is free",
     {kGpu},
     5,
     {Room("cuda:0", 3), Room("cuda:1", 1, 8)},
     {"cuda:1"}},
    {"where it fits, before where somebody goes for it",
     {kGpu},
     5,
     {Room("cuda:0", 4, 9), Room("cuda:1", 5)},
     {"cuda:1"}},
    {"somewhere, if it fits nowhere", {kGpu}, 50, {Room("cuda:0", 6), Room("cuda:1", 7)}, {"cuda:1"}},
    {"where a pin says, whatever is free", {Pin("cuda:0")}, 5, {Room("cuda:0", -1), Room("cuda:1", 7)}, {"cuda:0"}},
    {"a pin to a slice", {Pin(kSlice)}, 5, {Room("cuda:0", 9), Room(kSlice, 7)}, {kSlice}},
    {"several pins", {Pin("cuda:1"), Pin("cpu")}, 5, {Room("cpu", 9), Room("cuda:1", 7)}, {"cuda:1", "cpu"}},
    {"copies one on each", {kGpu, kGpu}, 5, {Room("cuda:0", 6), Room("cuda:1", 90)}, {"cuda:1", "cuda:0"}},
    {"copies round robin",
     {kGpu, kGpu, kGpu, kGpu, kGpu},
     5,
     {Room("cuda:0", 6), Room("cuda:1", 90)},
     {"cuda:1", "cuda:0", "cuda:1", "cuda:0", "cuda:1"}},
    {"a copy beside another where no other device could have it",
     {kGpu, kGpu},
     5,
     {Room("cuda:0", 2), Room("cuda:1", 9)},
     {"cuda:1", "cuda:1"}},
    {"a free copy beside a pinned one",
     {Pin("cuda:1"), kGpu},
     5,
     {Room("cuda:0", 6), Room("cuda:1", 90)},
     {"cuda:1", "cuda:0"}},
    {"no GPU here", {kGpu}, 5, {Room("cpu", 9)}, {}},
    {"no such GPU here", {Pin("cuda:7")}, 5, {Room("cpu", 9), Room("cuda:0", 9)}, {}},
    {"one copy of two cannot be placed", {kGpu, Pin("cpu")}, 5, {Room("cuda:0", 9)}, {}},
};

TEST(PlaceCopies, FollowsTheTable) {
  for (const Case& rule : kCases) {
    const auto placed = PlaceCopies(rule.copies, rule.bytes, rule.rooms);
    std::vector<std::string> devices;
    if (placed.ok()) {
      for (const Device& device : *placed) devices.push_back(device.ToString());
    }
    EXPECT_EQ(devices, rule.devices) << rule.rule;
  }
}

TEST(PlaceCopies, SaysWhichDevicesThereAre) {
  const std::vector<DeviceWish> copies = {Pin("cuda:7")};
  const std::vector<DeviceRoom> rooms = {Room("cpu", 1), Room("cuda:0", 1)};
  EXPECT_EQ(PlaceCopies(copies, 1, rooms).status().message(),
            "it is to run on cuda:7, and the devices of this server are cpu, cuda:0");
}

TEST(EachOnce, KeepsTheOrder) {
  const std::vector<Device> devices = {At("cuda:1"), At("cpu"), At("cuda:1")};
  EXPECT_THAT(EachOnce(devices), testing::ElementsAre(At("cuda:1"), At("cpu")));
}

}  // namespace
}  // namespace trireme
