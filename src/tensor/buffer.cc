// SPDX-License-Identifier: Apache-2.0
#include "tensor/buffer.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"

namespace trireme {

Buffer Buffer::Take(MemoryPool& pool, size_t bytes) {
  MemoryPool::Block block = pool.Take(bytes);
  Buffer buffer;
  buffer.data_ = block.data.get();
  buffer.size_ = bytes;
  buffer.keep_alive_ = std::move(block.data);
  return buffer;
}

Buffer Buffer::View(const void* data, size_t bytes, std::shared_ptr<const void> keep_alive, MemoryKind kind,
                    Device device) {
  Buffer buffer;
  // Views are read-only by contract, except a caller-supplied output, which its owner made writable.
  buffer.data_ = const_cast<std::byte*>(static_cast<const std::byte*>(data));
  buffer.size_ = bytes;
  buffer.kind_ = kind;
  buffer.device_ = device;
  buffer.keep_alive_ = std::move(keep_alive);
  return buffer;
}

Buffer Buffer::CopyOf(std::span<const std::byte> bytes) {
  auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
  const std::byte* data = copy->data();
  return View(data, bytes.size(), std::move(copy));
}

Buffer Buffer::Slice(size_t offset, size_t bytes) const {
  CHECK(offset <= size_ && bytes <= size_ - offset);
  Buffer part = *this;
  part.data_ = data_ + offset;
  part.size_ = bytes;
  return part;
}

}  // namespace trireme
