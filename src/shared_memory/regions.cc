// SPDX-License-Identifier: Apache-2.0
#include "shared_memory/regions.h"

#include <map>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "shared_memory/cuda_driver.h"
#include "shared_memory/mapping.h"

namespace trireme {
namespace {

constexpr size_t kMaxNameBytes = 1024;

Status SwitchedOff() {
  return Unsupported("client shared memory is disabled: start the server with --allow-client-shm=true to enable it");
}

Status NoSuchRegion(std::string_view kind, std::string_view name) {
  return NotFound("unable to find " + std::string(kind) + "shared memory region: '" + std::string(name) + "'");
}

Status CheckName(const std::string& name) {
  if (!name.empty() && name.size() <= kMaxNameBytes) return {};
  return InvalidArgument("name: expected 1 to " + std::to_string(kMaxNameBytes) + " bytes, got " +
                         std::to_string(name.size()));
}

}  // namespace

class SharedMemoryRegions::Core {
 public:
  explicit Core(Options options) : options_(std::move(options)) {}

  bool enabled() const { return options_.enabled; }

  // One of the two mappings is there.
  struct Region {
    std::string key;
    uint64_t offset = 0;
    uint64_t byte_size = 0;
    int device = 0;
    std::shared_ptr<const Mapping> mapping;   // shared with the requests that use it
    std::shared_ptr<const CudaMapping> cuda;  // likewise
    Kind kind() const { return mapping ? Kind::kSystem : Kind::kCuda; }
  };

  Status CheckRoom(const std::string& principal, const std::string& name) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return CheckRoomLocked({principal, name});
  }

  Status Insert(const std::string& principal, const std::string& name, Region region) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    RETURN_IF_ERROR(CheckRoomLocked({principal, name}));
    regions_.emplace(Name{principal, name}, std::move(region));
    return {};
  }

  Status Remove(const std::string& principal, Kind kind, std::string_view name) EXCLUDES(mutex_) {
    Region gone;  // let go outside the lock
    const MutexLock lock(mutex_);
    const auto found = regions_.find({principal, std::string(name)});
    if (found == regions_.end()) return {};
    RETURN_IF_ERROR(CheckKind(kind, name, found->second));
    gone = std::move(found->second);
    regions_.erase(found);
    return {};
  }

  void RemoveAll(const std::string& principal, Kind kind) EXCLUDES(mutex_) {
    std::vector<Region> gone;
    const MutexLock lock(mutex_);
    for (auto at = regions_.begin(); at != regions_.end();) {
      if (at->first.first == principal && at->second.kind() == kind) {
        gone.push_back(std::move(at->second));
        at = regions_.erase(at);
      } else {
        ++at;
      }
    }
  }

  // Of one name, or all of a kind.
  Result<std::vector<std::pair<std::string, Region>>> List(const std::string& principal, Kind kind,
                                                           std::string_view name) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<std::pair<std::string, Region>> list;
    if (!name.empty()) {
      const auto found = regions_.find({principal, std::string(name)});
      if (found == regions_.end()) return NoSuchRegion(kind == Kind::kSystem ? "system " : "cuda ", name);
      RETURN_IF_ERROR(CheckKind(kind, name, found->second));
      list.emplace_back(name, found->second);
      return list;
    }
    for (const auto& [full_name, region] : regions_) {
      if (full_name.first == principal && region.kind() == kind) list.emplace_back(full_name.second, region);
    }
    return list;
  }

  Result<Region> Find(const std::string& principal, std::string_view name) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = regions_.find({principal, std::string(name)});
    if (found == regions_.end()) return NoSuchRegion("", name);
    return found->second;
  }

  // The driver, opened when the first client asks for it.
  Result<std::shared_ptr<CudaDriver>> Driver() EXCLUDES(driver_mutex_) {
    const MutexLock lock(driver_mutex_);
    if (!driver_) {
      ASSIGN_OR_RETURN(driver_, CudaDriver::Open(options_.cuda_library));
    }
    return driver_;
  }

  size_t count() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return regions_.size();
  }

 private:
  using Name = std::pair<std::string, std::string>;  // principal and name

  Status CheckRoomLocked(const Name& name) const REQUIRES(mutex_) {
    if (regions_.contains(name)) {
      return {StatusCode::kAlreadyExists, "shared memory region '" + name.second + "' is registered already"};
    }
    if (regions_.size() < options_.max_regions) return {};
    return Overloaded("shared memory regions: expected at most " + std::to_string(options_.max_regions) +
                      " of all clients together, got one more: unregister some");
  }

  static Status CheckKind(Kind kind, std::string_view name, const Region& region) {
    if (region.kind() == kind) return {};
    const std::string is = kind == Kind::kSystem ? "CUDA" : "system";
    const std::string is_not = kind == Kind::kSystem ? "system" : "CUDA";
    return NotFound("the region named '" + std::string(name) + "' is registered as " + is + " shared memory, not " +
                    is_not + " shared memory");
  }

  const Options options_;
  mutable Mutex mutex_;
  std::map<Name, Region> regions_ GUARDED_BY(mutex_);
  Mutex driver_mutex_;                                            // held while the driver is opened: that happens once
  std::shared_ptr<CudaDriver> driver_ GUARDED_BY(driver_mutex_);  // shared with who is mapping
};

SharedMemoryRegions::SharedMemoryRegions(Options options) : core_(std::make_unique<Core>(std::move(options))) {}
SharedMemoryRegions::~SharedMemoryRegions() = default;

bool SharedMemoryRegions::Serves(Kind kind) const {
  return core_->enabled() && (kind == Kind::kSystem || core_->Driver().ok());
}

Status SharedMemoryRegions::RegisterSystem(const std::string& principal, const SystemRegion& region) {
  if (!core_->enabled()) return SwitchedOff();
  RETURN_IF_ERROR(CheckName(region.name));
  RETURN_IF_ERROR(core_->CheckRoom(principal, region.name));  // before anything is mapped
  Result<std::shared_ptr<Mapping>> mapping = Mapping::Open(region.key, region.offset, region.byte_size);
  if (!mapping.ok()) return std::move(mapping).status().Within("shared memory region '" + region.name + "'");
  return core_->Insert(principal, region.name,
                       {.key = region.key,
                        .offset = region.offset,
                        .byte_size = region.byte_size,
                        .mapping = *std::move(mapping),
                        .cuda = nullptr});
}

Status SharedMemoryRegions::RegisterCuda(const std::string& principal, const CudaRegion& region,
                                         std::span<const std::byte> raw_handle) {
  constexpr uint64_t kMostDevices = 1024;
  if (!core_->enabled()) return SwitchedOff();
  RETURN_IF_ERROR(CheckName(region.name));
  const std::string what = "failed to register CUDA shared memory region: '" + region.name + "'";
  if (raw_handle.size() != CudaDriver::kHandleBytes) {
    return InvalidArgument(what + ", raw_handle: expected " + std::to_string(CudaDriver::kHandleBytes) +
                           " bytes, got " + std::to_string(raw_handle.size()));
  }
  if (region.device_id >= kMostDevices) {
    return InvalidArgument(what + ", device_id: there is no GPU " + std::to_string(region.device_id));
  }
  if (region.byte_size == 0) return InvalidArgument(what + ", byte_size: expected more than 0");
  RETURN_IF_ERROR(core_->CheckRoom(principal, region.name));
  const Result<std::shared_ptr<CudaDriver>> driver = core_->Driver();
  if (!driver.ok()) return InvalidArgument(what + ", " + driver.status().message());
  const int device = static_cast<int>(region.device_id);
  Result<std::shared_ptr<CudaMapping>> mapping = (*driver)->Map(device, raw_handle);
  if (!mapping.ok()) return InvalidArgument(what + ", " + mapping.status().message());
  if (region.byte_size > (*mapping)->bytes()) {
    return InvalidArgument(what + ", byte_size: expected at most the " + std::to_string((*mapping)->bytes()) +
                           " bytes behind the handle, got " + std::to_string(region.byte_size));
  }
  return core_->Insert(
      principal, region.name,
      {.key = {}, .byte_size = region.byte_size, .device = device, .mapping = nullptr, .cuda = *std::move(mapping)});
}

Status SharedMemoryRegions::Unregister(const std::string& principal, Kind kind, std::string_view name) {
  return core_->Remove(principal, kind, name);
}

void SharedMemoryRegions::UnregisterAll(const std::string& principal, Kind kind) {
  core_->RemoveAll(principal, kind);
}

Result<std::vector<SharedMemoryRegions::SystemRegion>> SharedMemoryRegions::SystemStatus(const std::string& principal,
                                                                                         std::string_view name) const {
  if (!core_->enabled()) return SwitchedOff();
  ASSIGN_OR_RETURN(auto list, core_->List(principal, Kind::kSystem, name));
  std::vector<SystemRegion> regions;
  for (auto& [region_name, region] : list) {
    regions.push_back({.name = region_name, .key = region.key, .offset = region.offset, .byte_size = region.byte_size});
  }
  return regions;
}

Result<std::vector<SharedMemoryRegions::CudaRegion>> SharedMemoryRegions::CudaStatus(const std::string& principal,
                                                                                     std::string_view name) const {
  if (!core_->enabled()) return SwitchedOff();
  ASSIGN_OR_RETURN(auto list, core_->List(principal, Kind::kCuda, name));
  std::vector<CudaRegion> regions;
  for (auto& [region_name, region] : list) {
    regions.push_back(
        {.name = region_name, .device_id = static_cast<uint64_t>(region.device), .byte_size = region.byte_size});
  }
  return regions;
}

Result<Buffer> SharedMemoryRegions::Find(const std::string& principal, std::string_view name, uint64_t offset,
                                         uint64_t byte_size) const {
  if (!core_->enabled()) return SwitchedOff();
  ASSIGN_OR_RETURN(const Core::Region region, core_->Find(principal, name));
  if (offset > region.byte_size || byte_size > region.byte_size - offset) {
    return InvalidArgument("invalid offset + byte size for shared memory region: '" + std::string(name) +
                           "': expected at most its " + std::to_string(region.byte_size) + " bytes, got " +
                           std::to_string(offset) + " + " + std::to_string(byte_size));
  }
  if (region.cuda) {
    const auto* const address = reinterpret_cast<const std::byte*>(region.cuda->address() + offset);
    return Buffer::View(address, byte_size, region.cuda, MemoryKind::kDevice,
                        {.kind = DeviceKind::kCuda, .index = region.device});
  }
  if (!region.mapping->StillHas(offset, byte_size)) {
    return InvalidArgument("shared memory region '" + std::string(name) + "': the memory is smaller than it was");
  }
  return Buffer::View(region.mapping->data() + offset, byte_size, region.mapping);
}

namespace {

// Find() made it, so its keep-alive is the mapping.
const CudaMapping& MappingOf(const Buffer& device) {
  CHECK(device.kind() == MemoryKind::kDevice && device.keep_alive() != nullptr);
  return *static_cast<const CudaMapping*>(device.keep_alive().get());
}

const Mapping& HostMappingOf(const Buffer& host) {
  CHECK(host.kind() == MemoryKind::kHost && host.keep_alive() != nullptr);
  return *static_cast<const Mapping*>(host.keep_alive().get());
}

uint64_t OffsetOf(const Buffer& device) {
  return reinterpret_cast<uintptr_t>(device.data()) - MappingOf(device).address();
}

}  // namespace

Status SharedMemoryRegions::CopyToHost(const Buffer& device, std::span<std::byte> host) {
  CHECK(host.size() == device.size());
  return MappingOf(device).CopyToHost(OffsetOf(device), host);
}

Status SharedMemoryRegions::CopyFromHost(std::span<const std::byte> host, const Buffer& device) {
  CHECK(host.size() == device.size());
  return MappingOf(device).CopyFromHost(host, OffsetOf(device));
}

bool SharedMemoryRegions::Overlap(const Buffer& a, const Buffer& b) {
  if (a.empty() || b.empty()) return false;
  return Mapping::Overlap(HostMappingOf(a), a.bytes(), HostMappingOf(b), b.bytes());
}

size_t SharedMemoryRegions::count() const {
  return core_->count();
}

}  // namespace trireme
