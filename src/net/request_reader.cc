// SPDX-License-Identifier: Apache-2.0
#include "net/request_reader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

// A block with less room than this is not worth a call to the kernel.
constexpr size_t kSmallestRead = 1024;
constexpr size_t kFirstChunkedBytes = 4096;

// What a request with a body of its own block lives on.
struct TwoBlocks {
  std::shared_ptr<const void> head;  // shared with the connection, which may read its next request into the rest of it
  std::shared_ptr<const void> body;
};

std::string Milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

}  // namespace

RequestReader::RequestReader(MemoryPool& pool, ByteBudget& bodies, const HttpLimits& limits, std::string peer,
                             TimePoint now, std::shared_ptr<const TlsPeer> tls)
    : pool_(pool),
      limits_(limits),
      tls_(std::move(tls)),
      input_(pool, std::move(peer)),
      parser_({.max_head_bytes = limits.max_head_bytes, .max_headers = limits.max_headers}),
      held_(bodies),
      phase_began_(now),
      last_progress_(now) {}

std::span<char> RequestReader::Room() {
  if (phase_ != Phase::kBody) return input_.Room(kSmallestRead);
  // Exactly the body, so that what follows it is not mixed up with it.
  return OwnBlock() ? body_.Room() : input_.Room(1);
}

void RequestReader::Filled(size_t bytes, TimePoint now) {
  if (idle()) phase_began_ = now;
  last_progress_ = now;
  if (phase_ == Phase::kBody && OwnBlock()) {
    body_.Filled(bytes);
  } else {
    input_.Filled(bytes);
  }
}

RequestReader::Event RequestReader::Next() {
  try {
    return NextStep();
  } catch (const std::bad_alloc&) {
    return Fail(NoMemoryFor("a request"));
  }
}

RequestReader::Event RequestReader::NextStep() {
  switch (phase_) {
    case Phase::kHead:
      return NextHead();
    case Phase::kBody:
      return NextBody();
    case Phase::kChunks:
      return NextChunks();
    case Phase::kFailed:
      return Event::kFailed;
    case Phase::kPlanning:
    case Phase::kComplete:
      break;
  }
  CHECK(false);  // the caller owes AcceptBody(), SkipBody() or Answered()
}

RequestReader::Event RequestReader::Fail(HttpError error) {
  error_ = std::move(error);
  phase_ = Phase::kFailed;
  return Event::kFailed;
}

RequestReader::Event RequestReader::NextHead() {
  const RequestParser::State state = parser_.Parse(input_.unread(), request_);
  if (state == RequestParser::State::kNeedsMore) return Event::kNeedsMore;
  if (state == RequestParser::State::kFailed) return Fail(parser_.error());
  parser_.Reset();
  input_.Consume(framing().head_bytes);
  input_.Keep();
  request_.storage = input_.storage();
  request_.peer = input_.label();
  request_.tls = tls_;
  phase_ = Phase::kPlanning;
  return Event::kHead;
}

void RequestReader::AcceptBody(uint64_t max_bytes, size_t align_at, TimePoint now) {
  try {
    MakeRoomForBody(max_bytes, align_at, now);
  } catch (const std::bad_alloc&) {
    Fail(NoMemoryFor("the body of this request"));
  }
}

void RequestReader::MakeRoomForBody(uint64_t max_bytes, size_t align_at, TimePoint now) {
  phase_began_ = last_progress_ = now;
  max_bytes = std::min(max_bytes, limits_.max_body_bytes);
  if (framing().chunked) {
    phase_ = Phase::kChunks;
    chunks_ = ChunkedDecoder(max_bytes);
    body_.Begin(pool_, kFirstChunkedBytes, align_at);
    return;
  }
  const uint64_t length = framing().content_length;
  if (length > max_bytes) {
    Fail(BodyTooLarge(max_bytes, limits_, "Content-Length " + std::to_string(length)));
    return;
  }
  phase_ = Phase::kBody;
  PlaceBody(align_at);
}

RequestReader::Event RequestReader::TooManyInFlight() {
  return Fail(
      {.status = 503,
       .text =
           "bodies in flight: expected at most " + std::to_string(limits_.max_body_bytes_in_flight) +
           " bytes of all connections together (--max-body-in-flight, or half of --budget), got more; try again later",
       .retry_after = std::chrono::seconds(1)});
}

// What has arrived counts, not what was announced: announcing costs a peer nothing. Small bodies are bounded by the
// number of connections, and are let in when large ones have taken everything.
bool RequestReader::MayHold(uint64_t bytes) {
  constexpr uint64_t kSmallBytes = 64 << 10;
  return bytes <= kSmallBytes || held_.Cover(bytes);
}

// Whether the body can lie behind its head, at the alignment asked for.
bool RequestReader::StaysInBlock(size_t align_at) const {
  const std::string_view unread = input_.unread();
  const uint64_t length = framing().content_length;
  if (length > unread.size() && !input_.HasRoom(length - unread.size())) return false;
  const bool asks = align_at > 0 && align_at < length;
  return !asks || (reinterpret_cast<uintptr_t>(unread.data()) + align_at) % MemoryPool::kAlignment == 0;
}

void RequestReader::PlaceBody(size_t align_at) {
  if (StaysInBlock(align_at)) return;
  const uint64_t length = framing().content_length;
  body_.Begin(pool_, length, align_at);
  const std::string_view here = input_.unread().substr(0, length);
  body_.Append(pool_, here);
  input_.Consume(here.size());
}

bool RequestReader::AwaitsContinue() const {
  const bool body_is_missing =
      phase_ == Phase::kChunks ? input_.empty() : phase_ == Phase::kBody && body_bytes() < framing().content_length;
  return framing().expects_continue && body_is_missing;
}

uint64_t RequestReader::body_bytes() const {
  return OwnBlock() ? body_.size() : input_.unread().size();
}

RequestReader::Event RequestReader::NextBody() {
  const uint64_t length = framing().content_length;
  if (OwnBlock() && !MayHold(body_bytes())) return TooManyInFlight();
  if (body_bytes() < length) return Event::kNeedsMore;
  if (OwnBlock()) return Complete();
  request_.body = std::as_bytes(std::span(input_.unread().substr(0, length)));
  input_.Consume(length);
  input_.Keep();
  phase_ = Phase::kComplete;
  return Event::kRequest;
}

RequestReader::Event RequestReader::NextChunks() {
  while (true) {
    const ChunkedDecoder::Step step = chunks_.Next(input_.unread());
    if (step.state == ChunkedDecoder::State::kFailed) {
      const bool is_too_large = chunks_.error().status == 413;
      return Fail(is_too_large ? BodyTooLarge(chunks_.max_body_bytes(), limits_, "more in chunks") : chunks_.error());
    }
    if (step.state == ChunkedDecoder::State::kData) {
      if (!MayHold(body_bytes() + step.data.size())) return TooManyInFlight();
      body_.Append(pool_, step.data);
    }
    input_.Consume(step.consumed);
    if (step.state == ChunkedDecoder::State::kDone) return Complete();
    if (step.state == ChunkedDecoder::State::kNeedsMore) return Event::kNeedsMore;
  }
}

RequestReader::Event RequestReader::Complete() {
  request_.body = body_.bytes();
  request_.storage = std::make_shared<TwoBlocks>(TwoBlocks{std::move(request_.storage), body_.storage()});
  body_ = {};
  phase_ = Phase::kComplete;
  return Event::kRequest;
}

bool RequestReader::SkipBody() {
  const bool here = !framing().chunked && framing().content_length <= input_.unread().size();
  if (here) input_.Consume(framing().content_length);
  phase_ = Phase::kComplete;
  return here;
}

HttpRequest RequestReader::TakeRequest() {
  return std::exchange(request_, {});
}

void RequestReader::Answered(TimePoint now) {
  CHECK(phase_ == Phase::kComplete);
  held_.Release();
  request_ = {};
  input_.ReleaseIfEmpty();
  phase_ = Phase::kHead;
  phase_began_ = now;
}

void RequestReader::Abandon() {
  held_.Release();
  body_ = {};
  request_ = {};
}

HttpError RequestReader::EndOfInput() const {
  HttpError error{.status = 400, .text = "request head: expected its end, got the connection's"};
  if (phase_ == Phase::kChunks) error.text = "body: expected a last chunk of size 0, got the connection's end";
  if (phase_ == Phase::kBody) {
    error.text = "body: expected " + std::to_string(framing().content_length) + " bytes (Content-Length), got " +
                 std::to_string(body_bytes()) + " and the connection's end";
  }
  return error;
}

TimePoint RequestReader::deadline() const {
  if (idle()) return phase_began_ + limits_.idle_timeout;
  if (phase_ == Phase::kHead) return phase_began_ + limits_.head_timeout;
  if (phase_ != Phase::kBody && phase_ != Phase::kChunks) return kNever;
  return TooSlowAt({.started = phase_began_, .last_progress = last_progress_, .bytes = body_bytes()}, limits_);
}

HttpError RequestReader::TooSlow() const {
  HttpError error{.status = 408};
  if (phase_ == Phase::kHead) {
    error.text = "request head: expected within " + Milliseconds(limits_.head_timeout) + " (head_timeout), got " +
                 std::to_string(input_.unread().size()) + " bytes of it";
  } else {
    error.text = "body: expected progress within " + Milliseconds(limits_.stall_timeout) + " (stall_timeout) and " +
                 std::to_string(limits_.min_body_bytes_per_second) +
                 " bytes a second on average (min_body_bytes_per_second), got " + std::to_string(body_bytes()) +
                 " bytes so far";
  }
  return error;
}

}  // namespace trireme::net
