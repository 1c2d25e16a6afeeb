// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_framing.h"

#include <algorithm>

namespace trireme::net {

std::array<char, kGrpcPrefixBytes> GrpcPrefix(bool compressed, uint32_t message_bytes) {
  return {static_cast<char>(compressed ? 1 : 0), static_cast<char>(message_bytes >> 24 & 0xff),
          static_cast<char>(message_bytes >> 16 & 0xff), static_cast<char>(message_bytes >> 8 & 0xff),
          static_cast<char>(message_bytes & 0xff)};
}

GrpcFraming::Step GrpcFraming::Next(std::span<const std::byte>& bytes, std::span<const std::byte>& data) {
  if (phase_ == Phase::kPrefix) return NextPrefix(bytes);
  if (missing_ == 0) {
    phase_ = Phase::kPrefix;
    prefix_bytes_ = 0;
    return Step::kEnd;
  }
  if (bytes.empty()) return Step::kNeedsMore;
  data = bytes.first(std::min<size_t>(missing_, bytes.size()));
  bytes = bytes.subspan(data.size());
  missing_ -= static_cast<uint32_t>(data.size());
  return Step::kData;
}

GrpcFraming::Step GrpcFraming::NextPrefix(std::span<const std::byte>& bytes) {
  while (prefix_bytes_ < kGrpcPrefixBytes) {
    if (prefix_bytes_ > 0 && prefix_[0] > std::byte{1}) return Step::kFailed;
    if (bytes.empty()) return Step::kNeedsMore;
    prefix_.at(prefix_bytes_++) = bytes.front();
    bytes = bytes.subspan(1);
  }
  length_ = 0;
  for (size_t i = 1; i < kGrpcPrefixBytes; ++i) length_ = length_ << 8 | std::to_integer<uint32_t>(prefix_.at(i));
  missing_ = length_;
  phase_ = Phase::kMessage;
  return Step::kMessage;
}

std::string GrpcFraming::Incomplete() const {
  if (phase_ == Phase::kPrefix) {
    return "message: expected 5 bytes of prefix, got " + std::to_string(prefix_bytes_) + " and the end of the stream";
  }
  return "message: expected " + std::to_string(length_) + " bytes as its prefix says, got " +
         std::to_string(length_ - missing_) + " and the end of the stream";
}

std::string GrpcFraming::error() const {
  return "message prefix: expected 0 or 1 (compressed) as its first byte, got " +
         std::to_string(std::to_integer<int>(prefix_[0]));
}

}  // namespace trireme::net
