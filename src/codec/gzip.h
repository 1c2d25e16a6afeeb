// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"

struct z_stream_s;  // zlib's own

namespace trireme {

// How deflated bytes are wrapped: as gzip (RFC 1952) or as zlib (RFC 1950), which HTTP calls "deflate".
enum class DeflatedForm : uint8_t { kGzip, kZlib };

// Unpacks a stream that is there whole, into one block of memory. A gzip stream may have several members, one behind
// the other. The block grows with what comes out: what a stream claims of itself costs nothing.
//
// May be paused, to go on on another thread. Used by one thread at a time.
class Inflater {
 public:
  struct Options {
    size_t max_bytes = SIZE_MAX;  // of the result
    size_t align_at = 0;          // this byte of the result is to lie on a 64-byte boundary
    // Asked before a block of so many bytes is taken; what it refuses, Run() returns.
    std::function<Status(size_t bytes)> admit = nullptr;
  };

  // `deflated` and the pool must outlive it.
  Inflater(std::span<const std::byte> deflated, DeflatedForm form, Options options, MemoryPool& pool);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Goes on to the end, or until `pause_at` bytes are there; true at the end. kInvalidArgument: the stream is
  // cut off, is no such stream, has a wrong checksum, or something lies behind it. kTooLarge: more than max_bytes.
  Result<bool> Run(size_t pause_at = SIZE_MAX);

  // What has come out; good as long as the storage is held.
  std::span<const std::byte> bytes() const { return {block_.data.get() + offset_, size_}; }
  std::shared_ptr<const void> storage() const { return block_.data; }

 private:
  struct EndStream {
    void operator()(z_stream_s* stream) const;
  };

  Status Grow();
  Result<bool> Step(size_t most_bytes);
  Status EndOfMember(bool& done);
  Status Broken(std::string_view found) const;

  const std::span<const std::byte> deflated_;
  const DeflatedForm form_;
  const Options options_;
  MemoryPool& pool_;
  std::unique_ptr<z_stream_s, EndStream> stream_;
  size_t read_ = 0;  // of the deflated bytes
  bool in_first_member_ = true;
  MemoryPool::Block block_;
  size_t offset_ = 0;    // of the result in its block
  size_t capacity_ = 0;  // of the result
  size_t size_ = 0;
};

// The pieces one behind the other, deflated quickly rather than tightly.
std::string Deflate(std::span<const std::string_view> pieces, DeflatedForm form);

}  // namespace trireme
