// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tensor/device.h"

namespace trireme {

// Where one copy of a model is to run. A value.
struct DeviceWish {
  enum class Kind : uint8_t {
    kAny,     // a GPU, if the model's backend runs there and one has room for it; else the cpu
    kGpu,     // any GPU
    kPinned,  // this device and no other
  };
  Kind kind = Kind::kAny;
  Device device;  // of kPinned

  static DeviceWish On(const Device& device) { return {.kind = Kind::kPinned, .device = device}; }
  bool operator==(const DeviceWish&) const = default;
};

}  // namespace trireme
