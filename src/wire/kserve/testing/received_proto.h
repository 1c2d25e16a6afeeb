// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_pool.h"

namespace trireme::kserve {

// A gRPC message as the network would hand it over.
struct ReceivedProto {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;
};

// Its byte `aligned_at` lies `misaligned` bytes behind a 64-byte boundary.
inline ReceivedProto ReceivedMessage(std::string_view message, size_t aligned_at = 0, size_t misaligned = 0) {
  constexpr size_t kBoundary = MemoryPool::kAlignment;
  auto bytes = std::make_shared<std::vector<std::byte>>(message.size() + 2 * kBoundary);
  const size_t past = (reinterpret_cast<uintptr_t>(bytes->data()) + aligned_at) % kBoundary;
  std::byte* begin = bytes->data() + (kBoundary - past) % kBoundary + misaligned;
  if (!message.empty()) std::memcpy(begin, message.data(), message.size());
  const std::span<const std::byte> view(begin, message.size());
  return {.bytes = view, .keep_alive = std::move(bytes)};
}

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace trireme::kserve
