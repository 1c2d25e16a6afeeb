// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

enum class DeviceKind : uint8_t { kCpu, kCuda, kMig };

// Where a model runs and a buffer lies: "cpu", "cuda:0", or a slice of a GPU by its UUID,
// "MIG-01234567-89ab-cdef-0123-456789abcdef" (as `nvidia-smi -L` prints it). A value.
struct Device {
  DeviceKind kind = DeviceKind::kCpu;
  int32_t index = 0;                  // of a GPU, as the CUDA runtime counts them; of a slice not part of its name
  std::array<uint8_t, 16> uuid = {};  // of a MIG slice

  static Result<Device> Parse(std::string_view text);
  std::string ToString() const;
  bool operator==(const Device& other) const;  // the same name
};

// "cpu, cuda:0, cuda:1"
std::string NamesOf(std::span<const Device> devices);

// What lies between the commas of such a list, without the blanks around: at least one text, which may be empty.
std::vector<std::string_view> SplitDeviceNames(std::string_view list);

}  // namespace trireme
