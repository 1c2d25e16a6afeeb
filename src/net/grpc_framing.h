// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace trireme::net {

// Before each message: whether it is compressed, and its length, big-endian.
inline constexpr size_t kGrpcPrefixBytes = 5;
std::array<char, kGrpcPrefixBytes> GrpcPrefix(bool compressed, uint32_t message_bytes);

// Finds the messages in a call's bytes, however they are cut: several in a piece, or one in many.
//
//   kMessage   one begins: compressed(), length(); its kData follow, none if the length is 0
//   kData      some of its bytes
//   kEnd       that was all of it
//
// Knows no memory and no limits. Not thread-safe.
class GrpcFraming {
 public:
  enum class Step : uint8_t { kNeedsMore, kMessage, kData, kEnd, kFailed };

  // Takes bytes off the front. kData: `data` are they. kFailed: error(), and nothing more can be read.
  Step Next(std::span<const std::byte>& bytes, std::span<const std::byte>& data);

  bool compressed() const { return prefix_[0] == std::byte{1}; }
  uint32_t length() const { return length_; }
  // Of the message that has begun.
  uint32_t missing() const { return missing_; }

  // Nothing has begun.
  bool between_messages() const { return phase_ == Phase::kPrefix && prefix_bytes_ == 0; }
  // What is missing at the end of all bytes, for a message to the client.
  std::string Incomplete() const;
  std::string error() const;

 private:
  enum class Phase : uint8_t { kPrefix, kMessage };
  Step NextPrefix(std::span<const std::byte>& bytes);

  std::array<std::byte, kGrpcPrefixBytes> prefix_{};
  size_t prefix_bytes_ = 0;
  Phase phase_ = Phase::kPrefix;
  uint32_t length_ = 0;
  uint32_t missing_ = 0;
};

}  // namespace trireme::net
