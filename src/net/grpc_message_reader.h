// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_pool.h"
#include "net/body_buffer.h"
#include "net/grpc_framing.h"
#include "net/grpc_message.h"

namespace trireme::net {

// Puts the messages of a call together in blocks of their own, as its bytes come.
//
// What a prefix announces costs nothing: up to 1 MiB the block has the announced size, beyond that it grows with what
// has come, in few and large steps. Not thread-safe.
class GrpcMessageReader {
 public:
  using AlignAt = size_t (*)(std::span<const std::byte> beginning);  // see GrpcPlan
  enum class Event : uint8_t { kNeedsMore, kMessage, kFailed };

  // `pool` must outlive it.
  GrpcMessageReader(MemoryPool& pool, uint64_t max_message_bytes, AlignAt align_at)
      : pool_(pool), max_message_bytes_(max_message_bytes), align_at_(align_at) {}

  // Takes bytes off the front, up to the end of a message. kMessage: Take() it, then go on. kFailed: error() says why.
  Event Read(std::span<const std::byte>& bytes);

  // The message, and whether it is compressed.
  BodyBuffer Take() { return std::exchange(body_, {}); }
  bool compressed() const { return framing_.compressed(); }

  // Of the message that has not yet come whole.
  bool between_messages() const { return framing_.between_messages(); }
  size_t bytes_held() const { return between_messages() ? 0 : body_.size(); }
  GrpcStatus Incomplete() const;
  const GrpcStatus& error() const { return error_; }

 private:
  Event Fail(GrpcCode code, std::string text);
  bool Begin();
  void Add(std::span<const std::byte> data);
  void Place(size_t align_at, size_t capacity);

  MemoryPool& pool_;
  const uint64_t max_message_bytes_;
  const AlignAt align_at_;
  GrpcFraming framing_;
  BodyBuffer body_;
  bool placed_ = false;  // where it lies is settled; else it waits for enough of its beginning
  size_t align_body_at_ = 0;
  GrpcStatus error_;
};

// Why a message is refused that is larger than its method takes; `how`: "", or " once inflated".
std::string TooLargeMessage(uint64_t max_bytes, std::string_view how, std::string_view got);

}  // namespace trireme::net
