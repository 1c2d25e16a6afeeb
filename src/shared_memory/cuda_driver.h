// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace trireme {

// Memory of a GPU that another process has allocated and lends to us.
//
// Thread-safe. Lives no longer than its driver.
class CudaMapping {
 public:
  virtual ~CudaMapping() = default;
  virtual uint64_t address() const = 0;  // on the device
  virtual uint64_t bytes() const = 0;    // all that is lent
  virtual Status CopyToHost(uint64_t offset, std::span<std::byte> host) const = 0;
  virtual Status CopyFromHost(std::span<const std::byte> host, uint64_t offset) const = 0;
};

// The few functions of the CUDA driver that shared memory needs (CUDA Driver API, "Memory Management" and "Primary
// Context Management"), found at run time: nothing is linked, and a machine without a GPU does without.
class CudaDriver {
 public:
  // `library`: "libcuda.so.1". kUnsupported: there is none, or no GPU.
  static Result<std::shared_ptr<CudaDriver>> Open(const std::string& library);
  virtual ~CudaDriver() = default;

  // `handle`: a CUipcMemHandle, 64 bytes. kInvalidArgument: no such device, or the handle is not another process's.
  virtual Result<std::shared_ptr<CudaMapping>> Map(int device, std::span<const std::byte> handle) = 0;

  static constexpr size_t kHandleBytes = 64;
};

}  // namespace trireme
