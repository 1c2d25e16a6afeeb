// SPDX-License-Identifier: Apache-2.0
#include "net/output_queue.h"

#include <sys/uio.h>

#include <array>
#include <utility>

namespace trireme::net {
namespace {

// Below it a copy is cheaper than one more piece.
constexpr size_t kSmall = 4096;

// At a time; more follow in the next call.
constexpr size_t kMaxPieces = 64;

}  // namespace

std::string& OutputQueue::Text() {
  const bool last_is_text = first_ < pieces_.size() && !pieces_.back().text.empty() && pieces_.back().size() < kSmall;
  if (!last_is_text) pieces_.emplace_back();
  return pieces_.back().text;
}

void OutputQueue::Append(std::string_view text) {
  if (text.empty()) return;
  Text() += text;
  bytes_ += text.size();
}

void OutputQueue::Append(std::string&& bytes) {
  if (bytes.size() < kSmall) return Append(std::string_view(bytes));
  bytes_ += bytes.size();
  pieces_.push_back({.text = std::move(bytes), .part = {}});
}

void OutputQueue::Append(BodyPart part) {
  if (part.bytes.empty()) return;
  bytes_ += part.bytes.size();
  pieces_.push_back({.text = {}, .part = std::move(part)});
}

OutputQueue::Sent OutputQueue::SendTo(Transport& transport, size_t& bytes_sent) {
  while (!empty()) {
    std::array<iovec, kMaxPieces> pieces;
    size_t count = 0;
    for (size_t i = first_; i < pieces_.size() && count < kMaxPieces; ++i, ++count) {
      const size_t sent = i == first_ ? first_sent_ : 0;
      auto* const data = static_cast<char*>(const_cast<void*>(pieces_[i].data()));  // iovec is for reading too
      pieces[count] = {.iov_base = data + sent, .iov_len = pieces_[i].size() - sent};
    }
    const Transport::Moved sent = transport.Write(std::span(pieces).first(count));
    if (sent.io == Transport::Io::kBlocked) return Sent::kSome;
    if (sent.io != Transport::Io::kDone) return Sent::kBroken;
    bytes_sent += sent.bytes;
    Drop(sent.bytes);
  }
  return Sent::kAll;
}

void OutputQueue::Drop(size_t bytes) {
  bytes_ -= bytes;
  if (bytes_ == 0) return Clear();
  while (bytes >= pieces_[first_].size() - first_sent_) {
    bytes -= pieces_[first_].size() - first_sent_;
    pieces_[first_] = {};  // what it kept alive goes as soon as it is sent
    ++first_;
    first_sent_ = 0;
  }
  first_sent_ += bytes;
  // A stream whose reader is always a little behind must not leave a trail of empty pieces.
  if (first_ >= kMaxPieces)
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(std::exchange(first_, 0)));
}

void OutputQueue::Clear() {
  if (pieces_.capacity() <= kMaxPieces) {
    pieces_.clear();
  } else {
    pieces_ = {};  // an idle connection holds nothing large
  }
  first_ = first_sent_ = bytes_ = 0;
}

}  // namespace trireme::net
