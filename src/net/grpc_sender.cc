// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_sender.h"

#include <string_view>
#include <utility>
#include <vector>

#include "codec/gzip.h"
#include "net/grpc_call.h"
#include "net/grpc_encoding.h"
#include "net/grpc_framing.h"
#include "net/grpc_metadata.h"

namespace trireme::net {
namespace {

// What waits of one call does not count up to this: the number of streams bounds it.
constexpr size_t kSmallBytes = size_t{64} << 10;

constexpr size_t kWorthCompressing = 1024;
constexpr size_t kLongToCompress = size_t{32} << 10;  // some 200 us

// How many messages as long as the last may wait beside what may wait anyway.
constexpr size_t kMessagesAhead = 4;

// Text up to this length is moved up to make room for the prefix.
constexpr size_t kShortText = size_t{16} << 10;

std::string Compressed(const GrpcPayload& message) {
  std::vector<std::string_view> pieces;
  pieces.reserve(1 + 2 * message.inserts.size());
  size_t at = 0;
  for (const GrpcPayload::Insert& insert : message.inserts) {
    pieces.push_back(std::string_view(message.text).substr(at, insert.at - at));
    pieces.emplace_back(reinterpret_cast<const char*>(insert.part.bytes.data()), insert.part.bytes.size());
    at = insert.at;
  }
  pieces.push_back(std::string_view(message.text).substr(at));
  return Deflate(pieces, DeflatedForm::kGzip);
}

const Http2Headers& PlainHead() {
  static const Http2Headers head = {{"content-type", "application/grpc"}};
  return head;
}

const Http2Headers& CompressingHead() {
  static const Http2Headers head = {{"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}};
  return head;
}

}  // namespace

struct GrpcSender::Compression {
  GrpcPayload message;
  std::string compressed;
};

GrpcSender::Outcome GrpcSender::Send(GrpcPayload message, const std::shared_ptr<GrpcExchange>& exchange) {
  const size_t bytes = message.bytes();
  if (bytes > UINT32_MAX) return Outcome::kTooLong;
  const size_t most = stream_.network().options.limits.max_unsent_bytes + kMessagesAhead * bytes;
  if (unsent_bytes() > most) return Outcome::kNotTaken;
  if (!MayHold(bytes)) return Outcome::kNoMemory;
  if (compression_ != nullptr) {
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(message));
  } else if (!CompressElsewhere(message, exchange)) {
    Write(std::move(message), /*compressed=*/false);
  }
  return Outcome::kSent;
}

// So many bytes more than those that wait already.
bool GrpcSender::MayHold(size_t bytes) {
  const size_t whole = unsent_bytes() + bytes;
  if (whole <= kSmallBytes) return true;
  if (!unsent_.Cover(whole)) return false;
  holds_budget_ = true;
  return true;
}

// Whether that is begun. Else the message is to be sent now: as it is, or compressed here if that is quick.
bool GrpcSender::CompressElsewhere(GrpcPayload& message, const std::shared_ptr<GrpcExchange>& exchange) {
  const size_t bytes = message.bytes();
  const auto& offload = stream_.network().options.offload;
  if (!compresses_ || bytes <= kLongToCompress || !offload) return false;
  auto compression = std::make_shared<Compression>(Compression{std::move(message), {}});  // see compression_
  const bool begun = offload([compression, exchange] {
    compression->compressed = Compressed(compression->message);
    compression->message = {};
    GrpcErrand::Send(exchange, &GrpcCall::OnCompressed);
  });
  if (!begun) {
    message = std::move(compression->message);
    return false;
  }
  compression_ = std::move(compression);
  waiting_bytes_ += bytes;
  return true;
}

void GrpcSender::OnCompressed(const std::shared_ptr<GrpcExchange>& exchange) {
  const std::shared_ptr<Compression> done = std::exchange(compression_, nullptr);
  waiting_bytes_ = 0;
  for (const GrpcPayload& message : waiting_) waiting_bytes_ += message.bytes();
  Write({.text = std::move(done->compressed), .inserts = {}}, /*compressed=*/true);
  Continue(exchange);
}

void GrpcSender::Continue(const std::shared_ptr<GrpcExchange>& exchange) {
  while (compression_ == nullptr && !waiting_.empty()) {
    GrpcPayload next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.bytes();
    if (!CompressElsewhere(next, exchange)) Write(std::move(next), /*compressed=*/false);
  }
  if (compression_ == nullptr && trailers_) SayEnd();
}

void GrpcSender::Write(GrpcPayload message, bool compressed) {
  const size_t plain_bytes = message.bytes();
  if (compresses_ && !compressed && plain_bytes >= kWorthCompressing && plain_bytes <= kLongToCompress) {
    message = {.text = Compressed(message), .inserts = {}};
    compressed = true;
  }
  if (!std::exchange(head_sent_, true)) stream_.SendHead(200, compresses_ ? CompressingHead() : PlainHead(), false);
  const auto prefix = GrpcPrefix(compressed, static_cast<uint32_t>(message.bytes()));
  if (message.text.size() > kShortText) {
    stream_.SendData({.text = std::string(prefix.data(), prefix.size()), .inserts = {}});
  } else {
    message.text.insert(0, prefix.data(), prefix.size());
    for (GrpcPayload::Insert& insert : message.inserts) insert.at += prefix.size();
  }
  stream_.SendData(std::move(message));
}

void GrpcSender::End(const GrpcStatus& status) {
  trailers_ = StatusTrailers(status);
  if (compression_ == nullptr) SayEnd();
}

void GrpcSender::SayEnd() {
  ended_ = true;
  // Without a head, the trailers are the head.
  if (!head_sent_) trailers_->insert(trailers_->begin(), PlainHead().front());
  stream_.SendEnd(std::exchange(trailers_, std::nullopt).value());
}

void GrpcSender::OnSent() {
  if (!holds_budget_ || unsent_bytes() > 0) return;
  unsent_.Release();
  holds_budget_ = false;
}

}  // namespace trireme::net
