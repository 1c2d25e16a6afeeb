// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/memory_pool.h"

namespace trireme::net {

// A request's body in a block of its own, placed so that its byte `align_at` lies on a 64-byte boundary. A value that
// moves.
class BodyBuffer {
 public:
  // An empty body with room for `capacity` bytes.
  void Begin(MemoryPool& pool, size_t capacity, size_t align_at);

  // Copies bytes to the end; takes a larger block if it must (twice as large, at least).
  void Append(MemoryPool& pool, std::string_view bytes);

  // Where the next bytes are read to, and that they were.
  std::span<char> Room() { return {data() + size_, capacity_ - size_}; }
  void Filled(size_t bytes) { size_ += bytes; }

  size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {block_.data.get() + offset_, size_}; }
  std::shared_ptr<const void> storage() const { return block_.data; }

 private:
  char* data() const { return reinterpret_cast<char*>(block_.data.get() + offset_); }

  MemoryPool::Block block_;
  size_t align_at_ = 0;
  size_t offset_ = 0;    // of the body in its block
  size_t capacity_ = 0;  // of the body
  size_t size_ = 0;
};

}  // namespace trireme::net
