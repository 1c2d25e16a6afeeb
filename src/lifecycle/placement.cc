// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/placement.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

namespace trireme {
namespace {

bool IsGpu(const Device& device) {
  return device.kind != DeviceKind::kCpu;
}

class Placing {
 public:
  Placing(uint64_t bytes, std::span<const DeviceRoom> rooms)
      : bytes_(static_cast<int64_t>(bytes)), rooms_(rooms), copies_(rooms.size(), 0) {}

  std::optional<Device> Place(const DeviceWish& wish) {
    std::optional<size_t> best;
    for (size_t i = 0; i < rooms_.size(); ++i) {
      if (May(wish, rooms_[i].device) && (!best || Rank(wish, i) < Rank(wish, *best))) best = i;
    }
    if (!best) return std::nullopt;
    copies_[*best] += 1;
    return rooms_[*best].device;
  }

 private:
  static bool May(const DeviceWish& wish, const Device& device) {
    if (wish.kind == DeviceWish::Kind::kPinned) return device == wish.device;
    return wish.kind == DeviceWish::Kind::kAny || IsGpu(device);
  }

  // The least is the best.
  std::tuple<bool, bool, int, bool, int64_t> Rank(const DeviceWish& wish, size_t i) const {
    const DeviceRoom& room = rooms_[i];
    const int64_t more = copies_[i] > 0 ? 0 : bytes_;
    return {more > room.reachable_bytes, wish.kind == DeviceWish::Kind::kAny && !IsGpu(room.device), copies_[i],
            more > room.free_bytes, -room.free_bytes};
  }

  const int64_t bytes_;
  const std::span<const DeviceRoom> rooms_;
  std::vector<int> copies_;  // of this model, on each
};

Status NoSuchDevice(const DeviceWish& wish, std::span<const DeviceRoom> rooms) {
  std::vector<Device> devices;
  for (const DeviceRoom& room : rooms) devices.push_back(room.device);
  const bool pinned = wish.kind == DeviceWish::Kind::kPinned;
  return InvalidArgument("it is to run on " + (pinned ? wish.device.ToString() : std::string("a GPU")) +
                         ", and the devices of this server are " + NamesOf(devices));
}

}  // namespace

Result<std::vector<Device>> PlaceCopies(std::span<const DeviceWish> copies, uint64_t bytes,
                                        std::span<const DeviceRoom> rooms) {
  Placing placing(bytes, rooms);
  std::vector<Device> devices;
  for (const DeviceWish& wish : copies) {
    const std::optional<Device> device = placing.Place(wish);
    if (!device) return NoSuchDevice(wish, rooms);
    devices.push_back(*device);
  }
  return devices;
}

std::vector<Device> EachOnce(std::span<const Device> devices) {
  std::vector<Device> once;
  for (const Device& device : devices) {
    if (std::ranges::find(once, device) == once.end()) once.push_back(device);
  }
  return once;
}

}  // namespace trireme
