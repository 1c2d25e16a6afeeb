// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/memory_pool.h"
#include "tensor/device.h"

namespace trireme {

enum class MemoryKind : uint8_t {
  kHost,
  kHostPinned,  // page-locked: a GPU copies from it without a stop-over
  kDevice,      // not readable by the CPU
};

// A run of bytes that knows what kind of memory it is, on which device, and keeps it alive: a piece of a request's
// body, a block of the pool, an output that a runtime owns, later a client's shared memory.
//
// Copies share the bytes; nothing is copied but pointers. Whoever writes must be the only one who has it, or the one
// who was asked to write (a caller-supplied output). Sharing and releasing are thread-safe.
class Buffer {
 public:
  Buffer() = default;

  // Host memory from the pool, aligned to MemoryPool::kAlignment. Contents are undefined.
  static Buffer Take(MemoryPool& pool, size_t bytes);

  // Views memory that `keep_alive` owns (nullptr: it outlives every copy, a constant for instance).
  static Buffer View(const void* data, size_t bytes, std::shared_ptr<const void> keep_alive,
                     MemoryKind kind = MemoryKind::kHost, Device device = {});

  // A copy of the bytes in host memory, for tests and small things.
  static Buffer CopyOf(std::span<const std::byte> bytes);

  const std::byte* data() const { return data_; }
  std::byte* mutable_data() { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  MemoryKind kind() const { return kind_; }
  const Device& device() const { return device_; }
  const std::shared_ptr<const void>& keep_alive() const { return keep_alive_; }

  // A part of it. offset + bytes must not exceed size().
  Buffer Slice(size_t offset, size_t bytes) const;

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  MemoryKind kind_ = MemoryKind::kHost;
  Device device_;
  std::shared_ptr<const void> keep_alive_;  // shared by everything that views the same memory
};

}  // namespace trireme
