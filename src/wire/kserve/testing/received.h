// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "wire/kserve/body.h"

namespace trireme::kserve {

// A body as the network would hand it over: all of it JSON.
inline ReceivedBody Received(std::string_view json) {
  auto bytes = std::make_shared<std::vector<std::byte>>(json.size());
  if (!json.empty()) std::memcpy(bytes->data(), json.data(), json.size());
  const std::span<const std::byte> view = *bytes;
  return {.bytes = view, .keep_alive = std::move(bytes), .json_bytes = {}};
}

// JSON and a binary section, which begins `misaligned` bytes behind a 64-byte boundary.
inline ReceivedBody Received(std::string_view json, std::string_view binary, size_t misaligned = 0) {
  constexpr size_t kBoundary = MemoryPool::kAlignment;
  auto bytes = std::make_shared<std::vector<std::byte>>(json.size() + binary.size() + 2 * kBoundary);
  const size_t past = (reinterpret_cast<uintptr_t>(bytes->data()) + json.size()) % kBoundary;
  std::byte* begin = bytes->data() + (kBoundary - past) % kBoundary + misaligned;
  if (!json.empty()) std::memcpy(begin, json.data(), json.size());
  if (!binary.empty()) std::memcpy(begin + json.size(), binary.data(), binary.size());
  const std::span<const std::byte> view(begin, json.size() + binary.size());
  return {.bytes = view, .keep_alive = std::move(bytes), .json_bytes = json.size()};
}

// What was encoded, as the other side receives it.
inline ReceivedBody Received(const EncodedBody& body) {
  std::string binary;
  for (const Buffer& tensor : body.tensors) binary.append(reinterpret_cast<const char*>(tensor.data()), tensor.size());
  ReceivedBody received = Received(body.json, binary);
  received.json_bytes = body.header_length();
  return received;
}

}  // namespace trireme::kserve
