// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "shared_memory/fault_guard.h"

namespace trireme {

// A piece of POSIX shared memory (shm_open(3)), mapped for reading and writing until it is destroyed.
//
// Thread-safe. What the memory holds is the client's business, which may write to it at any time.
class Mapping {
 public:
  // kInvalidArgument: the key is no "/name", there is no such memory or none that we may write to, or it does not have
  // `bytes` bytes from `offset` on; kUnavailable: too many are mapped.
  static Result<std::shared_ptr<Mapping>> Open(const std::string& key, uint64_t offset, uint64_t bytes);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }

  // Whether the memory still has all of these bytes of the mapping. A question to the system.
  bool StillHas(uint64_t offset, uint64_t bytes) const;

 private:
  Mapping(int fd, void* base, size_t mapped_bytes, uint64_t offset, uint64_t bytes);

  const int fd_;
  void* const base_;  // whole pages; the mapping begins somewhere in the first
  const size_t mapped_bytes_;
  const uint64_t offset_;  // in the memory
  const uint64_t bytes_;
  std::byte* const data_;
  const GuardedRange guard_;
};

}  // namespace trireme
