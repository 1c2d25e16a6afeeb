// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trireme::client {

// Reads the messages of one direction of a gRPC call out of its bytes as they come: a byte that says whether the
// message is compressed, four of its length, the message (gRPC over HTTP/2, "Length-Prefixed-Message").
//
// Keeps the first bytes of each, as many as it was told; memory is taken as they come, not as the length says. Not
// thread-safe.
class GrpcDeframer {
 public:
  enum class Event : uint8_t { kNeedMore, kMessage, kCompressed, kTooLarge };

  GrpcDeframer(size_t most_kept, uint64_t max_message_bytes)
      : most_kept_(most_kept), max_message_bytes_(max_message_bytes) {}

  // Takes bytes off the front of `input` up to the end of a message. kNeedMore: `input` is empty. After kCompressed,
  // which nobody asked for, and kTooLarge nothing more can be read.
  Event Next(std::string_view& input);

  // After kMessage, until the next call: what was kept of it, and how long it was.
  const std::string& message() const { return message_; }
  uint64_t message_bytes() const { return message_bytes_; }

  // Whether the bytes so far end in the middle of a message.
  bool is_inside() const { return prefix_bytes_ > 0; }

  // For the next call.
  void Reset();

 private:
  static constexpr size_t kPrefixBytes = 5;

  size_t most_kept_;
  uint64_t max_message_bytes_;
  uint8_t prefix_[kPrefixBytes] = {};
  size_t prefix_bytes_ = 0;  // of the message under way, that have come
  uint64_t message_bytes_ = 0;
  uint64_t missing_bytes_ = 0;
  std::string message_;
};

}  // namespace trireme::client
