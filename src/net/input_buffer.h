// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/memory_pool.h"

namespace trireme::net {

// What was read from a connection and not consumed yet, in a block of the pool that requests view without a copy.
//
//   [ label | kept: viewed by requests | consumed | unread | room ]
//
// Kept bytes are never moved nor written again; a request holds its block by storage(). When the room runs out the
// unread bytes, which nobody views, move to the front of what is not kept, or to a fresh block. A connection with
// nothing unread releases its block, so an idle one holds none.
//
// The label (the peer's name) stands at the beginning of every block, so that a request can view that too.
//
// Not thread-safe.
class InputBuffer {
 public:
  static constexpr size_t kBlockBytes = 16 << 10;

  InputBuffer(MemoryPool& pool, std::string label) : pool_(pool), label_(std::move(label)) {}

  std::string_view unread() const { return {data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void Consume(size_t bytes) { begin_ += bytes; }

  // Keeps all that was consumed, for as long as somebody holds storage().
  void Keep() { kept_ = begin_; }

  // Where to read to: room for at least so many bytes behind the unread ones. Moves what is unread if it must.
  std::span<char> Room(size_t at_least);
  void Filled(size_t bytes) { end_ += bytes; }

  // Whether so many bytes behind the unread ones can be had without moving anything.
  bool HasRoom(size_t bytes) const { return block_.capacity - end_ >= bytes; }

  // Gives the block up if nothing in it is unread.
  void ReleaseIfEmpty();

  std::shared_ptr<const void> storage() const { return block_.data; }
  std::string_view label() const { return {data(), label_.size()}; }

 private:
  char* data() const { return reinterpret_cast<char*>(block_.data.get()); }
  void MoveTo(MemoryPool::Block block, size_t at);

  MemoryPool& pool_;
  const std::string label_;
  MemoryPool::Block block_;
  size_t kept_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace trireme::net
