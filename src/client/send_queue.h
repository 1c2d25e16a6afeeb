// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::client {

// Bytes on their way to a socket: what is small is copied and joined, what is large is only looked at and must live
// until it is gone. Not thread-safe.
class SendQueue {
 public:
  static constexpr size_t kCopiedBytes = 2048;  // below it a copy costs less than a piece of its own
  static constexpr size_t kMostPieces = 64;     // that one call of the system takes

  void Copy(std::string_view bytes);
  void Add(std::string_view bytes);  // a view of it if it is large

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }

  // The first pieces, good until the queue changes.
  std::span<const iovec> Pieces();
  // So many bytes were taken.
  void Remove(size_t bytes);
  void Clear();

 private:
  struct Segment {
    const char* data = nullptr;  // null: `bytes` of text_ from `at` on
    size_t at = 0;
    size_t bytes = 0;
  };

  std::string text_;
  std::vector<Segment> segments_;
  size_t first_ = 0;  // of segments_, not yet gone
  size_t bytes_ = 0;
  std::array<iovec, kMostPieces> pieces_;
};

}  // namespace trireme::client
