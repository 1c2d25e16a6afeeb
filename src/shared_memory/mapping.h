// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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

  // Whether two pieces, addressed as data() is, are in part the same bytes of the same memory, however often that is
  // mapped.
  static bool Overlap(const Mapping& a, std::span<const std::byte> in_a, const Mapping& b,
                      std::span<const std::byte> in_b);

 private:
  // A file, wherever it is opened.
  struct FileId {
    uint64_t device = 0;
    uint64_t number = 0;
    bool operator==(const FileId&) const = default;
  };

  Mapping(int fd, FileId file, void* base, size_t mapped_bytes, uint64_t offset, uint64_t bytes);

  // Of the first byte of a piece, in the memory.
  uint64_t OffsetOf(std::span<const std::byte> piece) const {
    return offset_ + static_cast<uint64_t>(piece.data() - data_);
  }

  const int fd_;
  const FileId file_;
  void* const base_;  // whole pages; the mapping begins somewhere in the first
  const size_t mapped_bytes_;
  const uint64_t offset_;  // in the memory
  const uint64_t bytes_;
  std::byte* const data_;
  const GuardedRange guard_;
};

}  // namespace trireme
