// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/buffer.h"

namespace trireme {

// Memory of clients that they have registered by name, so that tensors need not travel ("System Shared Memory" and
// "CUDA Shared Memory" extensions of KServe V2). Every caller has names of his own: nobody sees, uses or removes
// another principal's regions.
//
// A client may do anything to its memory at any time: make it smaller, remove it, write to it while a model reads.
// Sizes are therefore checked against the real ones at each use, and a page that is gone all the same reads as zeros
// instead of ending the server.
//
// Thread-safe.
class SharedMemoryRegions {
 public:
  struct Options {
    bool enabled = false;       // else everything but Unregister is kUnsupported, and says which flag switches it on
    size_t max_regions = 1024;  // of all callers together
    std::string cuda_library = "libcuda.so.1";
  };

  explicit SharedMemoryRegions(Options options);
  ~SharedMemoryRegions();
  SharedMemoryRegions(const SharedMemoryRegions&) = delete;
  SharedMemoryRegions& operator=(const SharedMemoryRegions&) = delete;

  enum class Kind { kSystem, kCuda };
  // Whether clients can register any of this kind. For kCuda this opens the driver, which takes its time.
  bool Serves(Kind kind) const;

  struct SystemRegion {
    std::string name;
    std::string key;  // of shm_open(3)
    uint64_t offset = 0;
    uint64_t byte_size = 0;
  };
  struct CudaRegion {
    std::string name;
    uint64_t device_id = 0;
    uint64_t byte_size = 0;
  };

  // Maps it. kInvalidArgument: the key is no plain name ("/name"), there is no such memory, or it is smaller than
  // offset + byte_size; kAlreadyExists. Texts name region and key, and what the client itself said, nothing else.
  Status RegisterSystem(const std::string& principal, const SystemRegion& region);

  // `raw_handle`: the 64 bytes of a cudaIpcMemHandle_t. kInvalidArgument where there is no CUDA.
  Status RegisterCuda(const std::string& principal, const CudaRegion& region, std::span<const std::byte> raw_handle);

  // A name that is not registered is no error. What requests under way still use is let go when they end.
  Status Unregister(const std::string& principal, Kind kind, std::string_view name);
  void UnregisterAll(const std::string& principal, Kind kind);

  // All if `name` is empty, in the order of their names; kNotFound.
  Result<std::vector<SystemRegion>> SystemStatus(const std::string& principal, std::string_view name) const;
  Result<std::vector<CudaRegion>> CudaStatus(const std::string& principal, std::string_view name) const;

  // A range of a region, which stays mapped as long as the buffer lives. Of a CUDA region it is device memory: see
  // below. kNotFound: no such region; kInvalidArgument: outside of it, or the memory has become smaller.
  Result<Buffer> Find(const std::string& principal, std::string_view region, uint64_t offset, uint64_t byte_size) const;

  // Copies all of a buffer of device memory that Find() gave; `host` is as large.
  static Status CopyToHost(const Buffer& device, std::span<std::byte> host);
  static Status CopyFromHost(std::span<const std::byte> host, const Buffer& device);

  // Whether two buffers of host memory that Find() gave are in part the same bytes, also of two regions of one memory.
  static bool Overlap(const Buffer& a, const Buffer& b);

  size_t count() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace trireme
