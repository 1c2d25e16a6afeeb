// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/regions.h"

namespace trireme {
namespace {

Status SwitchedOff() {
  return Unsupported("client shared memory is disabled: start the server with --allow-client-shm=true to enable it");
}

}  // namespace

class SharedMemoryRegions::Core {};

SharedMemoryRegions::SharedMemoryRegions(Options) : core_(std::make_unique<Core>()) {}
SharedMemoryRegions::~SharedMemoryRegions() = default;

Status SharedMemoryRegions::RegisterSystem(const std::string&, const SystemRegion&) {
  return SwitchedOff();
}
Status SharedMemoryRegions::RegisterCuda(const std::string&, const CudaRegion&, std::span<const std::byte>) {
  return SwitchedOff();
}
Status SharedMemoryRegions::Unregister(const std::string&, Kind, std::string_view) {
  return {};
}
void SharedMemoryRegions::UnregisterAll(const std::string&, Kind) {}
Result<std::vector<SharedMemoryRegions::SystemRegion>> SharedMemoryRegions::SystemStatus(const std::string&,
                                                                                         std::string_view) const {
  return SwitchedOff();
}
Result<std::vector<SharedMemoryRegions::CudaRegion>> SharedMemoryRegions::CudaStatus(const std::string&,
                                                                                     std::string_view) const {
  return SwitchedOff();
}
Result<Buffer> SharedMemoryRegions::Find(const std::string&, std::string_view, uint64_t, uint64_t) const {
  return SwitchedOff();
}
size_t SharedMemoryRegions::count() const {
  return 0;
}

}  // namespace trireme
