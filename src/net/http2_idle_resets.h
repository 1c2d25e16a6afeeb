// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace trireme::net {

// Takes RST_STREAM frames of streams that were never opened out of what a client sends.
//
// A peer may end the connection for such a frame (RFC 9113 section 5.1), and nghttp2 does. But gRPC's C core, and with
// it the clients in C++, Python, Ruby and others, sends one when a call is cancelled before its head went out
// (https://github.com/grpc/grpc/issues/19655): all other calls of the connection would end with it.
//
// Knows where frames begin and end, and nothing more. Not thread-safe.
class Http2IdleResets {
 public:
  struct Step {
    std::span<const char> piece;  // what remains of it; good until the next call
    bool dropped = false;         // such a frame stood behind it
  };

  // Takes bytes off the front; call it until there are none.
  Step Next(std::span<const char>& bytes);

 private:
  static constexpr size_t kHeadBytes = 9;
  static constexpr size_t kPrefaceBytes = 24;

  bool OpensOrPasses(std::span<const char, kHeadBytes> head);
  Step NextOfHead(std::span<const char>& bytes);

  size_t passing_ = kPrefaceBytes;       // bytes to be passed on before the next frame's head
  size_t dropping_ = 0;                  // or to be dropped
  std::array<char, kHeadBytes> head_{};  // of a frame whose head came in pieces
  size_t head_bytes_ = 0;
  uint32_t last_opened_ = 0;
};

}  // namespace trireme::net
