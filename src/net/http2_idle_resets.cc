// SPDX-License-Identifier: Apache-2.0
#include "net/http2_idle_resets.h"

#include <algorithm>

namespace trireme::net {
namespace {

// RFC 9113 section 6.
constexpr uint8_t kHeaders = 0x1;
constexpr uint8_t kReset = 0x3;

uint32_t Number(std::span<const char> bytes) {
  uint32_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

}  // namespace

// Whether the frame goes on; else its payload is to be dropped.
bool Http2IdleResets::OpensOrPasses(std::span<const char, kHeadBytes> head) {
  const uint32_t payload_bytes = Number(head.first<3>());
  const auto type = static_cast<uint8_t>(head[3]);
  const uint32_t stream = Number(head.last<4>()) & 0x7fffffff;
  if (type == kHeaders) last_opened_ = std::max(last_opened_, stream);
  // A client's streams have odd numbers. What is wrong in another way is for the session to say.
  const bool drops = type == kReset && payload_bytes == 4 && stream % 2 == 1 && stream > last_opened_;
  (drops ? dropping_ : passing_) = payload_bytes;
  return !drops;
}

Http2IdleResets::Step Http2IdleResets::Next(std::span<const char>& bytes) {
  if (dropping_ > 0) {
    const size_t dropped = std::min(dropping_, bytes.size());
    dropping_ -= dropped;
    bytes = bytes.subspan(dropped);
    return {};
  }
  if (head_bytes_ > 0) return NextOfHead(bytes);
  size_t end = 0;
  while (true) {
    const size_t passed = std::min(passing_, bytes.size() - end);
    passing_ -= passed;
    end += passed;
    const size_t left = bytes.size() - end;
    if (left < kHeadBytes) {
      head_bytes_ = left;
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(end), left, head_.begin());
      const Step step{.piece = bytes.first(end)};
      bytes = {};
      return step;
    }
    if (!OpensOrPasses(bytes.subspan(end).first<kHeadBytes>())) {
      const Step step{.piece = bytes.first(end), .dropped = true};
      bytes = bytes.subspan(end + kHeadBytes);
      return step;
    }
    end += kHeadBytes;
  }
}

Http2IdleResets::Step Http2IdleResets::NextOfHead(std::span<const char>& bytes) {
  const size_t more = std::min(kHeadBytes - head_bytes_, bytes.size());
  std::copy_n(bytes.begin(), more, head_.begin() + static_cast<ptrdiff_t>(head_bytes_));
  head_bytes_ += more;
  bytes = bytes.subspan(more);
  if (head_bytes_ < kHeadBytes) return {};
  head_bytes_ = 0;
  const bool passes = OpensOrPasses(head_);
  return {.piece = passes ? std::span<const char>(head_) : std::span<const char>(), .dropped = !passes};
}

}  // namespace trireme::net
