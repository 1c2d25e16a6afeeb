// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "model/device_wish.h"
#include "tensor/device.h"

namespace trireme {

// What a device has left for models; without a budget, as much as there can be.
struct DeviceRoom {
  Device device;
  int64_t free_bytes = 0;       // less than nothing: what was measured is more than what was promised
  int64_t reachable_bytes = 0;  // once everybody has gone who may
};

// Decides on which device each copy of a model runs, in the order of the copies. A copy that is free to choose goes
//
//   where it can be had at all, before where it never fits;
//   to a GPU before the cpu, if it may run on either;
//   where the model has the fewest copies, so that these go round robin;
//   where it fits without that somebody leaves for it;
//   where most is free; and of two that are alike to the one that `rooms` names first.
//
// Copies on one device share their weights, so that `bytes` are taken there once. `rooms` are the devices of the
// server. A pure function. kInvalidArgument: there is no such device; the text says which there are.
Result<std::vector<Device>> PlaceCopies(std::span<const DeviceWish> copies, uint64_t bytes,
                                        std::span<const DeviceRoom> rooms);

// Each once, in order.
std::vector<Device> EachOnce(std::span<const Device> devices);

}  // namespace trireme
