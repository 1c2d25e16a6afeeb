// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::onnxfile {

// Where some bytes of a model lie, counted from its beginning.
struct ByteSpan {
  uint64_t begin = 0;
  uint64_t end = 0;

  uint64_t size() const { return end - begin; }
};

// A model's bytes: in memory, or in a file of which a few kilobytes are looked at in one place at a time, however large
// it is. Not thread-safe.
class ByteSource {
 public:
  // Fills `to` with what lies at `offset`, or says why it cannot.
  using ReadAt = std::function<Status(uint64_t offset, std::span<char> to)>;

  static constexpr size_t kMostAtOnce = 4096;
  static constexpr size_t kMaxTextBytes = 65536;

  // Views the bytes.
  explicit ByteSource(std::string_view bytes) : size_(bytes.size()), window_(bytes) {}
  ByteSource(uint64_t size, ReadAt read_at);
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  uint64_t size() const { return size_; }

  // `most` bytes from `offset` on, or as many as there are: none once reading has failed. `most` is at most
  // kMostAtOnce. What is returned is valid until the next call.
  std::string_view At(uint64_t offset, size_t most) {
    const uint64_t into = offset - window_at_;
    const bool inside = offset >= window_at_ && into <= window_.size() && most <= window_.size() - into;
    return inside ? window_.substr(into, most) : MoveTo(offset, most);
  }

  // A name: no more than kMaxTextBytes.
  Result<std::string> Text(ByteSpan span);

  // Why reading failed.
  const Status& status() const { return status_; }

 private:
  std::string_view MoveTo(uint64_t offset, size_t most);

  const uint64_t size_;
  const ReadAt read_at_;  // empty: everything is in the window
  std::vector<char> buffer_;
  uint64_t window_at_ = 0;
  std::string_view window_;
  Status status_;
};

}  // namespace trireme::onnxfile
