// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/byte_source.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace trireme::onnxfile {

ByteSource::ByteSource(uint64_t size, ReadAt read_at)
    : size_(size), read_at_(std::move(read_at)), buffer_(kMostAtOnce) {}

std::string_view ByteSource::MoveTo(uint64_t offset, size_t most) {
  CHECK(most <= kMostAtOnce);
  if (offset >= size_ || !status_.ok()) return {};
  if (read_at_) {
    const size_t bytes = std::min<uint64_t>(kMostAtOnce, size_ - offset);
    status_ = read_at_(offset, {buffer_.data(), bytes});
    window_at_ = offset;
    window_ = status_.ok() ? std::string_view(buffer_.data(), bytes) : std::string_view();
  }
  const std::string_view rest = window_.substr(std::min<uint64_t>(offset - window_at_, window_.size()));
  return rest.substr(0, most);
}

Result<std::string> ByteSource::Text(ByteSpan span) {
  if (span.size() > kMaxTextBytes) {
    return InvalidArgument("the ONNX model has a name of " + std::to_string(span.size()) + " bytes, at most " +
                           std::to_string(kMaxTextBytes) + " are allowed");
  }
  std::string text;
  while (text.size() < span.size()) {
    const std::string_view piece =
        At(span.begin + text.size(), std::min<uint64_t>(span.size() - text.size(), kMostAtOnce));
    if (piece.empty()) return status_.ok() ? InvalidArgument("not an ONNX model: it is cut off") : status_;
    text += piece;
  }
  return text;
}

}  // namespace trireme::onnxfile
