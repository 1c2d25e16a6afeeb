// SPDX-License-Identifier: Apache-2.0
#include "net/body_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace trireme::net {

void BodyBuffer::Begin(MemoryPool& pool, size_t capacity, size_t align_at) {
  constexpr size_t kAlignment = MemoryPool::kAlignment;
  align_at_ = align_at;
  offset_ = (kAlignment - align_at % kAlignment) % kAlignment;
  block_ = pool.Take(offset_ + capacity);
  capacity_ = capacity;
  size_ = 0;
}

void BodyBuffer::Append(MemoryPool& pool, std::string_view bytes) {
  if (bytes.size() > capacity_ - size_) {
    const BodyBuffer smaller = std::move(*this);
    Begin(pool, std::max(2 * smaller.capacity_, smaller.size_ + bytes.size()), smaller.align_at_);
    std::memcpy(data(), smaller.data(), smaller.size_);
    size_ = smaller.size_;
  }
  std::memcpy(data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

}  // namespace trireme::net
