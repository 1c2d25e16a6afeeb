// SPDX-License-Identifier: Apache-2.0
#include "app/devices.h"

#include <algorithm>
#include <utility>

#include "shared_memory/cuda_devices.h"

namespace trireme {
namespace {

std::vector<Device> DevicesOf(const std::vector<FoundDevice>& found) {
  std::vector<Device> devices;
  for (const FoundDevice& one : found) devices.push_back(one.device);
  return devices;
}

Device DeviceOf(const CudaDevice& gpu) {
  Device device{.kind = gpu.is_slice ? DeviceKind::kMig : DeviceKind::kCuda, .index = gpu.index};
  if (gpu.is_slice) device.uuid = gpu.uuid;
  return device;
}

}  // namespace

FoundDevices FindDevices(const std::string& cuda_library) {
  FoundDevices found;
  found.devices.push_back({.device = Device(), .name = "", .free_bytes = 0});
  CudaDevices cuda = FindCudaDevices(cuda_library);
  for (const CudaDevice& gpu : cuda.devices) {
    found.devices.push_back({.device = DeviceOf(gpu), .name = gpu.name, .free_bytes = gpu.free_bytes});
  }
  found.problems = std::move(cuda.problems);
  return found;
}

Result<std::vector<FoundDevice>> ChooseDevices(const std::vector<FoundDevice>& found, std::span<const Device> wanted) {
  if (wanted.empty()) return found;
  std::vector<FoundDevice> chosen;
  for (const Device& device : wanted) {
    const auto at = std::ranges::find(found, device, &FoundDevice::device);
    if (at == found.end()) {
      return InvalidArgument("--devices: expected devices of this machine, which has " + NamesOf(DevicesOf(found)) +
                             ", found " + device.ToString());
    }
    if (std::ranges::find(chosen, device, &FoundDevice::device) != chosen.end()) {
      return InvalidArgument("--devices: expected each device once, found " + device.ToString() + " twice");
    }
    chosen.push_back(*at);
  }
  return chosen;
}

Result<std::map<std::string, uint64_t>> DeviceBudgets(const std::vector<FoundDevice>& devices,
                                                      const std::map<std::string, uint64_t>& asked) {
  const std::vector<Device> all = DevicesOf(devices);
  for (const auto& [name, bytes] : asked) {
    const bool known = std::ranges::any_of(all, [&](const Device& device) { return device.ToString() == name; });
    if (known || name == Device().ToString()) continue;
    return InvalidArgument("--budget: expected devices of this server, which has " + NamesOf(all) + ", found " + name);
  }
  std::map<std::string, uint64_t> budgets = asked;
  for (const FoundDevice& device : devices) {
    if (device.device.kind == DeviceKind::kCpu) continue;
    // The rest is for what a GPU holds besides models: contexts, kernels, what runs need.
    budgets.emplace(device.device.ToString(), std::max<uint64_t>(1, device.free_bytes / 10 * 9));
  }
  return budgets;
}

}  // namespace trireme
