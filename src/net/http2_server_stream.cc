// SPDX-License-Identifier: Apache-2.0
#include "net/http2_server_stream.h"

#include <algorithm>
#include <utility>

#include "net/http_chars.h"

namespace trireme::net {
namespace {

// A response with more than this waiting would keep smaller ones waiting.
constexpr size_t kLarge = 64 << 10;

bool IsFine(std::string_view value) {
  if (value.empty()) return true;
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  return AllIn(chars::kFieldValue, value) && !blank(value.front()) && !blank(value.back());
}

}  // namespace

void MakeSendable(Http2Headers& fields) {
  for (auto& [name, value] : fields) {
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    if (IsFine(value)) continue;
    for (char& c : value) {
      if (!IsIn(chars::kFieldValue, c)) c = ' ';
    }
    value = std::string(TrimBlanks(value));
  }
}

void Http2ServerStream::Open(int32_t id, bool request_ended) {
  id_ = id;
  held_ = 0;
  open_ = true;
  request_ended_ = request_ended;
  speaks_http_ = head_sent_ = waiting_ = shares_turns_ = ended_ = answered_ = reset_ = false;
}

void Http2ServerStream::Serve(std::unique_ptr<Http2StreamServer> server) {
  server_ = std::move(server);
}

void Http2ServerStream::Leave() {
  open_ = false;
  if (server_ && !answered_) server_->OnGone();
  server_.reset();
  loop().timers().Set(*this, kNever);
  if (held_ > 0) home_.session.ConsumeConnection(std::exchange(held_, 0));
  outbox_.Clear();
  head_.clear();
  trailers_.clear();
}

void Http2ServerStream::OnData(std::span<const std::byte> bytes) {
  held_ += bytes.size();
  if (server_ && MaySpeak()) return server_->OnData(bytes);
  Consume(bytes.size());
  if (!lingers()) return;
  const bool goes_on = lingering_.OnBytes(bytes.size(), loop().now());
  loop().timers().Set(*this, goes_on ? lingering_.deadline() : loop().now());
}

void Http2ServerStream::OnEnd() {
  request_ended_ = true;
  if (server_ && MaySpeak()) server_->OnEnd();
}

void Http2ServerStream::OnSent() {
  if (server_ && open_ && !reset_) server_->OnSent();
}

void Http2ServerStream::OnAnswered() {
  answered_ = true;
  if (!lingers()) return;
  if (!speaks_http_) return EndLingering();
  server_.reset();
  lingering_.Begin(loop().now());
  loop().timers().Set(*this, lingering_.deadline());
}

// The answer is complete although it did not wait for the whole request (RFC 9113 section 8.1).
void Http2ServerStream::EndLingering() {
  reset_ = true;
  home_.session.SubmitReset(id_, Http2Error::kNoError);
}

Http2ServerStream::NextPiece Http2ServerStream::Next(size_t most) {
  const size_t bytes = std::min(most, outbox_.bytes());
  const bool last = ended_ && bytes == outbox_.bytes();
  waiting_ = bytes == 0 && !last;
  return {.bytes = bytes, .last = last, .trailers = last && !trailers_.empty() ? &trailers_ : nullptr};
}

void Http2ServerStream::SendHead(int status, Http2Headers headers, bool end) {
  if (!MaySpeak() || head_sent_) return;
  head_ = std::move(headers);
  MakeSendable(head_);
  head_sent_ = true;
  ended_ = end;
  Http2OwnFields own;
  if (speaks_http_) {
    own.server = network().options.server_name;
    own.date = home_.surroundings.encoder.Date(loop().now());
  }
  home_.session.SubmitHead(id_, status, head_, own, end ? nullptr : this);
  AskForAttention();
}

void Http2ServerStream::SendData(GrpcPayload data) {
  if (!MaySpeak() || !head_sent_) return;
  outbox_.Push(std::move(data));
  if (outbox_.bytes() > kLarge && !std::exchange(shares_turns_, true)) home_.session.ShareTurns(id_);
  WakeBody();
}

void Http2ServerStream::SendEnd(Http2Headers trailers) {
  if (!MaySpeak()) return;
  if (!head_sent_) return SendHead(200, std::move(trailers), /*end=*/true);
  trailers_ = std::move(trailers);
  MakeSendable(trailers_);
  ended_ = true;
  WakeBody();
}

void Http2ServerStream::WakeBody() {
  if (std::exchange(waiting_, false)) home_.session.ResumeBody(id_);
  AskForAttention();
}

void Http2ServerStream::SendContinue() {
  if (!MaySpeak() || head_sent_) return;
  home_.session.SubmitContinue(id_);
  AskForAttention();
}

void Http2ServerStream::Reset(uint32_t error_code) {
  const auto error = static_cast<Http2Error>(error_code);
  // After a complete answer the stream ends by itself, as soon as that is sent.
  if (!open_ || reset_ || (ended_ && error == Http2Error::kNoError)) return;
  reset_ = true;
  outbox_.Clear();
  home_.session.SubmitReset(id_, error);
  AskForAttention();
}

void Http2ServerStream::Consume(size_t bytes) {
  bytes = std::min(bytes, held_);
  if (bytes == 0) return;
  held_ -= bytes;
  // A stream that expects no more needs no window.
  if (request_ended_ || reset_ || !open_) {
    home_.session.ConsumeConnection(bytes);
  } else {
    home_.session.Consume(id_, bytes);
  }
  AskForAttention();
}

void Http2ServerStream::SetDeadline(TimePoint deadline) {
  if (open_ && !answered_) loop().timers().Set(*this, deadline);
}

void Http2ServerStream::OnDeadline(TimePoint now) {
  if (lingers()) {
    EndLingering();
    AskForAttention();
  } else if (server_ && open_) {
    server_->OnDeadline(now);
  }
}

}  // namespace trireme::net
