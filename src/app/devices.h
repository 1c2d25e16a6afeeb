// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/device.h"

namespace trireme {

// A device of this machine.
struct FoundDevice {
  Device device;
  std::string name;         // of a GPU, as its maker has it
  uint64_t free_bytes = 0;  // of a GPU, at the moment
};

struct FoundDevices {
  std::vector<FoundDevice> devices;   // the cpu, and the GPUs in the order in which the CUDA driver counts them
  std::vector<std::string> problems;  // for people: GPUs that are there and cannot be used
};

// What this process may use. Asks the CUDA driver, if there is one.
FoundDevices FindDevices(const std::string& cuda_library = "libcuda.so.1");

// Those that are wanted, in that order; all if none is named. kInvalidArgument: there is no such device, or one is
// named twice.
Result<std::vector<FoundDevice>> ChooseDevices(const std::vector<FoundDevice>& found, std::span<const Device> wanted);

// Bytes that models may have, by device: what was asked for; of a GPU else 90 % of what is free. 0: no bound.
// kInvalidArgument: what was asked for is about a device that is not among these. The cpu always is: it has the
// requests.
Result<std::map<std::string, uint64_t>> DeviceBudgets(const std::vector<FoundDevice>& devices,
                                                      const std::map<std::string, uint64_t>& asked);

}  // namespace trireme
