// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_call.h"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/out_of_memory.h"
#include "net/grpc_metadata.h"
#include "net/grpc_timeout.h"
#include "net/http_chars.h"
#include "net/http_error.h"

namespace trireme::net {
namespace {

// RFC 9113 section 7.
constexpr uint32_t kNoError = 0x0;
constexpr uint32_t kCancel = 0x8;
constexpr uint32_t kEnhanceYourCalm = 0xb;

// What is kept of smaller ones is bounded by the number of streams.
constexpr size_t kSmallBytes = size_t{16} << 10;

GrpcStatus Error(GrpcCode code, std::string text) {
  return {.code = code, .message = std::move(text), .metadata = {}};
}

GrpcStatus TooManyBytes(std::string_view what, uint64_t most) {
  GrpcStatus status =
      Error(GrpcCode::kResourceExhausted,
            std::string(what) + ": expected at most " + std::to_string(most) +
                " bytes of all calls together (--max-body-in-flight, or half of --budget), got more; try again later");
  status.metadata.emplace_back("grpc-retry-pushback-ms", "1000");
  return status;
}

// "application/grpc", "application/grpc+proto", either with parameters.
bool IsGrpc(std::string_view content_type) {
  const std::string_view type = TrimBlanks(content_type.substr(0, content_type.find(';')));
  return EqualsIgnoringCase(type, "application/grpc") || EqualsIgnoringCase(type, "application/grpc+proto");
}

bool WantsGzip(const NetworkState& network, const HttpRequest& head) {
  if (!network.options.grpc_compression) return false;
  const std::string_view* accepted = head.Find("grpc-accept-encoding");
  return accepted != nullptr && NamesEncoding(*accepted, GrpcEncoding::kGzip);
}

}  // namespace

std::unique_ptr<Http2StreamServer> ServeGrpcCall(Http2Stream& stream, GrpcHandler& handler, HttpRequest head,
                                                 bool end) {
  auto call = std::make_unique<GrpcCall>(stream, handler, std::move(head));
  call->Begin(end);
  return call;
}

GrpcCall::GrpcCall(Http2Stream& stream, GrpcHandler& handler, HttpRequest head)
    : stream_(stream),
      handler_(handler),
      limits_(stream.network().options.limits),
      head_{.http = std::move(head)},
      cancellation_(Cancellation::Make()),
      exchange_(std::make_shared<GrpcExchange>(*this, stream.loop().executor())),
      began_(stream.loop().now()),
      sender_(stream, WantsGzip(stream.network(), head_.http)),
      held_(stream.network().bodies),
      pace_{.started = began_, .last_progress = began_, .bytes = 0},
      last_sent_(began_) {
  head_.http.cancellation = cancellation_;
}

void GrpcCall::Begin(bool end) {
  ended_ = end;
  if (!IsOfThisProtocol()) return;
  if (std::optional<GrpcStatus> wrong = ReadHead()) return Fail(*std::move(wrong));
  GrpcPlan plan = handler_.OnHead(head_);
  if (plan.refusal) return Close(*plan.refusal);
  Open(std::move(plan));
  if (ended_ && !finished_ && !HoldsBack()) AtEnd();
  UpdateDeadline();
}

// Whoever speaks something else does not read gRPC's statuses either: it gets HTTP's as well.
bool GrpcCall::IsOfThisProtocol() {
  const std::string_view* type = head_.http.Find("content-type");
  const bool posts = head_.http.method == "POST";
  if (posts && type != nullptr && IsGrpc(*type)) return true;
  const std::string text =
      posts ? "content-type: expected application/grpc, got " + Quoted(type == nullptr ? std::string_view() : *type)
            : "method: expected POST, got " + Quoted(head_.http.method);
  stream_.network().counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  finished_ = true;
  Http2Headers headers = StatusTrailers(Error(GrpcCode::kUnimplemented, text));
  headers.emplace_back("content-type", "application/grpc");
  stream_.SendHead(posts ? 415 : 405, std::move(headers), /*end=*/true);
  ResetIfUnread();
  return false;
}

std::optional<GrpcStatus> GrpcCall::ReadHead() {
  if (const std::string_view* timeout = head_.http.Find("grpc-timeout")) {
    const Result<Duration> parsed = ParseGrpcTimeout(*timeout);
    if (!parsed.ok()) return Error(GrpcCode::kInvalidArgument, parsed.status().message());
    deadline_ = head_.deadline = DeadlineAfter(began_, *parsed);
    if (deadline_ <= began_) return Error(GrpcCode::kDeadlineExceeded, "grpc-timeout: the deadline came with the call");
  }
  const std::string_view* encoding = head_.http.Find("grpc-encoding");
  if (encoding == nullptr) return std::nullopt;
  if (const std::optional<GrpcEncoding> known = ParseGrpcEncoding(*encoding)) {
    encoding_ = *known;
    return std::nullopt;
  }
  GrpcStatus unknown = Error(GrpcCode::kUnimplemented, "grpc-encoding: expected one of " + std::string(kGrpcEncodings) +
                                                           ", got " + Quoted(*encoding));
  unknown.metadata.emplace_back("grpc-accept-encoding", kGrpcEncodings);
  return unknown;
}

void GrpcCall::Open(GrpcPlan plan) {
  streams_ = plan.streams;
  max_message_bytes_ = std::min(plan.max_message_bytes, limits_.max_body_bytes);
  align_at_ = plan.align_at;
  reader_.emplace(stream_.network().pool, max_message_bytes_, align_at_);
  if (streams_) receiver_ = handler_.OnStream(std::move(head_), GrpcReply(exchange_));
}

void GrpcCall::OnData(std::span<const std::byte> bytes) {
  if (finished_) return stream_.Consume(bytes.size());
  const TimePoint now = stream_.loop().now();
  if (streams_ && reader_->between_messages()) pace_ = {.started = now, .last_progress = now, .bytes = 0};
  pace_.last_progress = now;
  pace_.bytes += bytes.size();
  const size_t read = Read(bytes);
  const auto rest = bytes.subspan(read);
  if (!rest.empty() && !finished_) {
    backlog_.append(reinterpret_cast<const char*>(rest.data()), rest.size());
    stream_.Consume(read);
  } else {
    stream_.Consume(bytes.size());
  }
  if (finished_ || !MayHold()) return;
  UpdateDeadline();
}

// How many of the bytes have been made messages of.
size_t GrpcCall::Read(std::span<const std::byte> bytes) {
  std::span<const std::byte> rest = bytes;
  reading_ = true;
  while (!finished_ && !HoldsBack()) {
    if (message_ && !rest.empty()) {
      Fail(Error(GrpcCode::kInvalidArgument, "request: expected one message, got more behind it"));
      break;
    }
    const GrpcMessageReader::Event event = reader_->Read(rest);
    if (event == GrpcMessageReader::Event::kNeedsMore) break;
    if (event == GrpcMessageReader::Event::kMessage) {
      try {
        OnMessage();
      } catch (const std::bad_alloc&) {
        Fail(Error(GrpcCode::kResourceExhausted, std::string(kNoMemory)));
      }
    } else {
      Fail(reader_->error());
    }
  }
  reading_ = false;
  return bytes.size() - rest.size();
}

// Goes on with what was held back.
void GrpcCall::Continue() {
  if (finished_ || HoldsBack()) return;
  const TimePoint now = stream_.loop().now();
  pace_ = {.started = now, .last_progress = now, .bytes = 0};
  std::string waited = std::exchange(backlog_, {});
  const size_t read = Read(std::as_bytes(std::span(waited)));
  if (finished_) return stream_.Consume(waited.size());
  stream_.Consume(read);
  if (read < waited.size()) backlog_ = waited.substr(read);
  if (!MayHold()) return;
  if (ended_ && !HoldsBack()) AtEnd();
  UpdateDeadline();
}

void GrpcCall::OnMessage() {
  const bool compressed = reader_->compressed();
  BodyBuffer body = reader_->Take();
  if (!compressed) return Deliver({.bytes = body.bytes(), .storage = body.storage(), .received = {}});
  if (encoding_ != GrpcEncoding::kIdentity) return Inflate(std::move(body));
  Fail(Error(GrpcCode::kInternal, "message: expected a grpc-encoding other than identity, for it is compressed"));
}

void GrpcCall::Inflate(BodyBuffer compressed) {
  NetworkState& network = stream_.network();
  inflation_ = std::make_shared<GrpcInflation>(  // see inflation_
      std::move(compressed),
      GrpcInflation::Options{.encoding = encoding_, .max_bytes = max_message_bytes_, .align_at = align_at_},
      network.pool, network.bodies);
  inflating_ = true;
  if (inflation_->Begin()) return OnInflated();
  if (!network.options.offload) {
    inflation_->Finish(cancellation_);
    return OnInflated();
  }
  const bool taken =
      network.options.offload([inflation = inflation_, cancellation = cancellation_, exchange = exchange_] {
        inflation->Finish(cancellation);
        GrpcErrand::Send(exchange, &GrpcCall::OnInflated);
      });
  if (taken) return;
  Fail(Error(GrpcCode::kResourceExhausted, "message: too many others wait to be inflated; try again later"));
}

void GrpcCall::OnInflated() {
  if (finished_) return;
  inflating_ = false;
  if (inflation_->status().code != GrpcCode::kOk) return Fail(inflation_->status());
  Deliver(inflation_->message());
  if (streams_) inflation_ = nullptr;  // else it counts to the end of the call
  if (!reading_) Continue();
}

void GrpcCall::Deliver(GrpcMessage message) {
  message.received = stream_.loop().clock().Now();
  if (!streams_) {
    message_ = std::move(message);
  } else if (receiver_ != nullptr) {
    receiver_->OnMessage(std::move(message));
  }
}

void GrpcCall::OnEnd() {
  ended_ = true;
  if (finished_ || HoldsBack()) return;
  AtEnd();
  UpdateDeadline();
}

void GrpcCall::AtEnd() {
  if (std::exchange(end_told_, true)) return;
  if (!reader_->between_messages()) return Fail(reader_->Incomplete());
  if (streams_) {
    if (receiver_ != nullptr) receiver_->OnEnd();
  } else if (message_) {
    handler_.OnCall(std::move(head_), *std::exchange(message_, std::nullopt), GrpcReply(exchange_));
  } else {
    Fail(Error(GrpcCode::kInvalidArgument, "request: expected one message, got none"));
  }
}

// What is kept from one turn to the next counts, not what was announced: announcing costs a client nothing. That of a
// call without a stream counts until it is answered.
bool GrpcCall::MayHold() {
  const size_t whole = message_ && inflation_ == nullptr ? message_->bytes.size() : 0;
  const size_t bytes = reader_->bytes_held() + backlog_.size() + whole;
  if (bytes > kSmallBytes) {
    holds_budget_ = true;
    if (held_.Cover(bytes)) return true;
    Fail(TooManyBytes("messages", stream_.network().bodies.max_bytes()));
    return false;
  }
  if (bytes == 0 && streams_ && std::exchange(holds_budget_, false)) held_.Release();
  return true;
}

void GrpcCall::Send(GrpcPayload message) {
  if (finished_) return;
  if (sender_.unsent_bytes() == 0) last_sent_ = stream_.loop().now();
  const size_t bytes = message.bytes();
  switch (sender_.Send(std::move(message), exchange_)) {
    case GrpcSender::Outcome::kSent:
      crowded_ = streams_ && sender_.unsent_bytes() > limits_.max_unsent_bytes / 4;
      return UpdateDeadline();
    case GrpcSender::Outcome::kNoMemory:
      if (bytes > stream_.network().bodies.max_bytes()) {
        return Fail(Error(GrpcCode::kResourceExhausted, AnswerTooLarge(bytes, limits_).text));
      }
      return Fail(TooManyBytes("unsent answers", stream_.network().bodies.max_bytes()));
    case GrpcSender::Outcome::kTooLong:
      return Fail(Error(GrpcCode::kResourceExhausted, "answer: expected at most 4294967295 bytes, got more"));
    case GrpcSender::Outcome::kNotTaken:
      return CutOff();
  }
}

// The client does not take its answers. A status would only wait behind them; to a client of gRPC this reset means
// RESOURCE_EXHAUSTED.
void GrpcCall::CutOff() {
  finished_ = true;
  cancellation_.Cancel();
  stream_.Reset(kEnhanceYourCalm);
}

void GrpcCall::Finish(GrpcStatus status) {
  if (!finished_) Close(status);
}

void GrpcCall::Pause(bool paused) {
  if (finished_ || paused == paused_) return;
  paused_ = paused;
  if (paused || reading_ || std::exchange(resuming_, true)) return;
  // Not here and now: the receiver may be in the middle of something.
  GrpcErrand::Send(exchange_, &GrpcCall::OnResumed);
}

void GrpcCall::OnResumed() {
  resuming_ = false;
  Continue();
}

void GrpcCall::OnCompressed() {
  if (gone_) return;
  sender_.OnCompressed(exchange_);
  if (finished_ && sender_.ended()) ResetIfUnread();
}

void GrpcCall::OnSent() {
  last_sent_ = stream_.loop().now();
  sender_.OnSent();
  if (crowded_ && sender_.unsent_bytes() <= limits_.max_unsent_bytes / 4) {
    crowded_ = false;
    Continue();
  }
  UpdateDeadline();
}

void GrpcCall::OnGone() {
  finished_ = gone_ = true;
  exchange_->Detach();
  cancellation_.Cancel();
}

// The call's own finish: the method may still be at it.
void GrpcCall::Fail(GrpcStatus status) {
  if (finished_) return;
  stream_.network().counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  cancellation_.Cancel();
  Close(status);
}

void GrpcCall::Close(const GrpcStatus& status) {
  finished_ = true;
  head_ = {};
  message_.reset();
  inflation_ = nullptr;
  if (reader_) reader_->Take();
  if (holds_budget_) held_.Release();
  if (!backlog_.empty()) stream_.Consume(std::exchange(backlog_, {}).size());
  last_sent_ = stream_.loop().now();
  sender_.End(status);
  if (sender_.ended()) ResetIfUnread();
  UpdateDeadline();
}

// The answer is complete, the request need not be.
void GrpcCall::ResetIfUnread() {
  if (!ended_) stream_.Reset(kNoError);
}

bool GrpcCall::AwaitsBytes() const {
  if (ended_ || finished_ || HoldsBack()) return false;
  return !streams_ || !reader_->between_messages();
}

TimePoint GrpcCall::NextDeadline() const {
  if (gone_) return kNever;
  if (finished_) return sender_.unsent_bytes() > 0 ? NotTakenAt() : kNever;
  // Until then a reader may take its time, but not with memory that is everybody's.
  const TimePoint end = sender_.holds_budget() ? std::min(deadline_, NotTakenAt()) : deadline_;
  return AwaitsBytes() ? std::min(end, TooSlowAt(pace_, limits_)) : end;
}

void GrpcCall::UpdateDeadline() {
  const TimePoint next = NextDeadline();
  if (next == timer_) return;
  timer_ = next;
  stream_.SetDeadline(next);
}

GrpcStatus GrpcCall::TooSlow() const {
  return Error(GrpcCode::kDeadlineExceeded,
               "message: expected progress within " + std::to_string(limits_.stall_timeout.count()) +
                   " ms (stall_timeout) and " + std::to_string(limits_.min_body_bytes_per_second) +
                   " bytes a second on average (min_body_bytes_per_second), got " + std::to_string(pace_.bytes) +
                   " bytes so far");
}

void GrpcCall::OnDeadline(TimePoint now) {
  timer_ = kNever;  // it has been
  if (now < NextDeadline()) return UpdateDeadline();
  if (finished_) {
    if (!gone_) stream_.Reset(kCancel);
  } else if (now >= deadline_) {
    cancellation_.Cancel();
    Close(Error(GrpcCode::kDeadlineExceeded, "the deadline of the call (grpc-timeout) has passed"));
  } else if (sender_.holds_budget() && now >= NotTakenAt()) {
    CutOff();
  } else {
    Fail(TooSlow());
  }
}

}  // namespace trireme::net
