// SPDX-License-Identifier: Apache-2.0
#include "net/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace trireme::net {

std::span<char> InputBuffer::Room(size_t at_least) {
  const size_t unread_bytes = end_ - begin_;
  if (!HasRoom(at_least)) {
    if (block_.capacity - kept_ >= unread_bytes + at_least) {
      MoveTo(block_, kept_);
    } else {
      MoveTo(pool_.Take(std::max(kBlockBytes, label_.size() + unread_bytes + at_least)), label_.size());
    }
  }
  return {data() + end_, block_.capacity - end_};
}

void InputBuffer::MoveTo(MemoryPool::Block block, size_t at) {
  const std::string_view bytes = unread();
  char* const to = reinterpret_cast<char*>(block.data.get());
  if (!bytes.empty()) std::memmove(to + at, bytes.data(), bytes.size());
  if (block.data != block_.data) std::memcpy(to, label_.data(), label_.size());
  kept_ = begin_ = at;
  end_ = at + bytes.size();
  block_ = std::move(block);
}

void InputBuffer::ReleaseIfEmpty() {
  if (!empty()) return;
  block_ = {};
  kept_ = begin_ = end_ = 0;
}

}  // namespace trireme::net
