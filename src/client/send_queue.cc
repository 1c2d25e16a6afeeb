// SPDX-License-Identifier: Apache-2.0
#include "client/send_queue.h"

#include <algorithm>

#include "base/check.h"

namespace trireme::client {

void SendQueue::Copy(std::string_view bytes) {
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  // Behind another copy it is the same piece.
  if (segments_.size() > first_ && segments_.back().data == nullptr) {
    segments_.back().bytes += bytes.size();
  } else {
    segments_.push_back({.data = nullptr, .at = text_.size(), .bytes = bytes.size()});
  }
  text_ += bytes;
}

void SendQueue::Add(std::string_view bytes) {
  if (bytes.size() < kCopiedBytes) return Copy(bytes);
  bytes_ += bytes.size();
  segments_.push_back({.data = bytes.data(), .at = 0, .bytes = bytes.size()});
}

std::span<const iovec> SendQueue::Pieces() {
  const size_t count = std::min(segments_.size() - first_, kMostPieces);
  for (size_t i = 0; i < count; ++i) {
    const Segment& segment = segments_[first_ + i];
    const char* data = segment.data == nullptr ? text_.data() + segment.at : segment.data;
    pieces_[i] = {.iov_base = const_cast<char*>(data), .iov_len = segment.bytes};  // only read
  }
  return {pieces_.data(), count};
}

void SendQueue::Remove(size_t bytes) {
  CHECK(bytes <= bytes_);
  bytes_ -= bytes;
  while (bytes > 0) {
    Segment& segment = segments_[first_];
    const size_t take = std::min(bytes, segment.bytes);
    bytes -= take;
    segment.bytes -= take;
    if (segment.data == nullptr) {
      segment.at += take;
    } else {
      segment.data += take;
    }
    if (segment.bytes == 0) ++first_;
  }
  if (bytes_ == 0) Clear();
}

void SendQueue::Clear() {
  text_.clear();
  segments_.clear();
  first_ = 0;
  bytes_ = 0;
}

}  // namespace trireme::client
