// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace trireme {

// Host memory for bodies and tensors, recycled by size class.
//
// Fresh large allocations cost a page fault for every 4 KiB: 40-86 % of what a request with a 600 KB body costs
// (docs/performance.md). Blocks are powers of two from 4 KiB to 64 MiB; anything larger goes back to the system at
// once. Smaller wishes get 4 KiB: what is pooled is bodies, not words.
//
// Thread-safe. Blocks may outlive the pool.
class MemoryPool {
 public:
  struct Options {
    size_t max_idle_bytes = size_t{256} << 20;  // kept for the next request; beyond it blocks are freed
  };

  static constexpr size_t kAlignment = 64;  // a cache line, and the widest vector load

  // A piece of memory with at least the capacity asked for. Copies share it; the last one gives it back.
  struct Block {
    std::shared_ptr<std::byte> data;  // shared by the connection that read it, the request, and tensors that view it
    size_t capacity = 0;
  };

  MemoryPool() : MemoryPool(Options()) {}
  explicit MemoryPool(Options options);

  // Never fails: the process ends when memory does (bounds on bodies and lines come long before).
  Block Take(size_t bytes);

  // Frees those blocks that have been idle since it was called last.
  void Trim();

  size_t idle_bytes() const;

 private:
  class Shelf;
  std::shared_ptr<Shelf> shelf_;  // shared with the blocks that are out
};

}  // namespace trireme
