// SPDX-License-Identifier: Apache-2.0
#include "net/http2_outbox.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace trireme::net {
namespace {

// Below it a copy is cheaper than one more piece.
constexpr size_t kSmall = 4096;

// More pieces than this are not kept room for.
constexpr size_t kMostIdlePieces = 16;

// What is small anyway, in one piece.
std::string Joined(GrpcPayload&& data) {
  if (data.inserts.empty()) return std::move(data.text);
  std::string all;
  all.reserve(data.bytes());
  size_t from = 0;
  for (const GrpcPayload::Insert& insert : data.inserts) {
    all.append(data.text, from, insert.at - from);
    all.append(reinterpret_cast<const char*>(insert.part.bytes.data()), insert.part.bytes.size());
    from = insert.at;
  }
  return all.append(data.text, from);
}

BodyPart Slice(const std::shared_ptr<const std::string>& whole, size_t from, size_t to) {
  return {.bytes = std::as_bytes(std::span(*whole)).subspan(from, to - from), .keep_alive = whole};
}

}  // namespace

void Http2Outbox::PushText(std::string&& text) {
  if (text.empty()) return;
  bytes_ += text.size();
  pieces_.push_back({.text = std::move(text), .part = {}});
}

void Http2Outbox::PushPart(BodyPart part) {
  if (part.bytes.empty()) return;
  bytes_ += part.bytes.size();
  pieces_.push_back({.text = {}, .part = std::move(part)});
}

void Http2Outbox::Push(GrpcPayload&& data) {
  if (data.bytes() < kSmall) return PushText(Joined(std::move(data)));
  // Shared by its slices, which are sent one by one.
  const auto text = std::make_shared<const std::string>(std::move(data.text));
  size_t from = 0;
  for (GrpcPayload::Insert& insert : data.inserts) {
    PushPart(Slice(text, from, insert.at));
    PushPart(std::move(insert.part));
    from = insert.at;
  }
  PushPart(Slice(text, from, text->size()));
}

void Http2Outbox::MoveTo(OutputQueue& output, size_t bytes) {
  bytes_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_[first_];
    const size_t size = piece.text.size() + piece.part.bytes.size();
    const size_t count = std::min(bytes, size - first_moved_);
    if (!piece.text.empty()) {
      output.Append(std::string_view(piece.text).substr(first_moved_, count));
    } else if (count < kSmall) {
      const auto part = piece.part.bytes.subspan(first_moved_, count);
      output.Append(std::string_view(reinterpret_cast<const char*>(part.data()), part.size()));
    } else {
      output.Append(
          BodyPart{.bytes = piece.part.bytes.subspan(first_moved_, count), .keep_alive = piece.part.keep_alive});
    }
    bytes -= count;
    first_moved_ += count;
    if (first_moved_ < size) continue;
    piece = {};  // what it kept alive goes as soon as it is sent
    ++first_;
    first_moved_ = 0;
  }
  if (first_ == pieces_.size()) return Clear();
  // A stream whose reader is always a little behind must not leave a trail of empty pieces.
  if (first_ >= 64) pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(std::exchange(first_, 0)));
}

void Http2Outbox::Clear() {
  if (pieces_.capacity() <= kMostIdlePieces) {
    pieces_.clear();
  } else {
    pieces_ = {};
  }
  first_ = first_moved_ = bytes_ = 0;
}

}  // namespace trireme::net
