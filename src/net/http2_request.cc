// SPDX-License-Identifier: Apache-2.0
#include "net/http2_request.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "net/http2_session.h"
#include "net/http_chars.h"
#include "net/response_encoder.h"

namespace trireme::net {
namespace {

// Bodies up to this size are let in when large ones have taken the whole budget: the number of streams bounds them.
constexpr uint64_t kSmallBytes = 64 << 10;

// Of a longer body so much must have come before there is room for all of it: announcing costs a peer nothing.
constexpr size_t kFirstRoom = 256 << 10;
constexpr size_t kFirstRoomUnannounced = 4096;

// What a request with a body lives on.
struct TwoBlocks {
  std::shared_ptr<const void> head;  // shared with whoever has kept a part of the head
  std::shared_ptr<const void> body;  // and of the body
};

std::optional<uint64_t> ContentLength(const HttpRequest& head) {
  const std::string_view* const text = head.Find("content-length");
  if (text == nullptr) return std::nullopt;
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(length) : std::nullopt;
}

bool ExpectsContinue(const HttpRequest& head) {
  const std::string_view* const expectation = head.Find("expect");
  return expectation != nullptr && EqualsIgnoringCase(*expectation, "100-continue");
}

uint64_t BodyBytes(const HttpResponse& response) {
  uint64_t bytes = response.body.size();
  for (const BodyPart& part : response.parts) bytes += part.bytes.size();
  return bytes;
}

}  // namespace

std::unique_ptr<Http2StreamServer> ServeHttpRequest(Http2Stream& stream, HttpHandler& handler, HttpRequest head,
                                                    bool end) {
  return std::make_unique<Http2Request>(stream, handler, std::move(head), end);
}

Http2Request::Http2Request(Http2Stream& stream, HttpHandler& handler, HttpRequest head, bool end)
    : stream_(stream),
      handler_(handler),
      request_(std::move(head)),
      held_(stream.network().bodies),
      unsent_(stream.network().bodies) {
  Plan(end);
}

Http2Request::~Http2Request() {
  Detach();
}

const HttpLimits& Http2Request::limits() const {
  return stream_.network().options.limits;
}

void Http2Request::Plan(bool end) {
  head_only_ = request_.method == "HEAD";
  BodyPlan plan = handler_.OnHead(request_);
  if (plan.refusal) {
    StopReceiving();
    return SendWhole(*std::move(plan.refusal));
  }
  if (end) return HandOver();
  AcceptBody(plan);
}

void Http2Request::AcceptBody(const BodyPlan& plan) {
  max_bytes_ = std::min(plan.max_bytes, limits().max_body_bytes);
  align_at_ = plan.align_at;
  content_length_ = ContentLength(request_);
  if (content_length_ > max_bytes_) {
    return Fail(BodyTooLarge(max_bytes_, limits(), "Content-Length " + std::to_string(*content_length_)));
  }
  const TimePoint now = stream_.loop().now();
  pace_ = {.started = now, .last_progress = now, .bytes = 0};
  stream_.SetDeadline(TooSlowAt(pace_, limits()));
  if (ExpectsContinue(request_)) stream_.SendContinue();
}

void Http2Request::OnData(std::span<const std::byte> bytes) {
  stream_.Consume(bytes.size());
  if (phase_ != Phase::kReceiving) return;
  const uint64_t whole = body_.size() + bytes.size();
  if (whole > max_bytes_) {
    return Fail(BodyTooLarge(max_bytes_, limits(), "more"));
  }
  if (!MayHold(whole)) {
    return Fail({.status = 503,
                 .text = "bodies in flight: expected at most " + std::to_string(limits().max_body_bytes_in_flight) +
                         " bytes of all connections together (--max-body-in-flight, or half of --budget), got more; "
                         "try again later",
                 .retry_after = std::chrono::seconds(1)});
  }
  try {
    MakeRoom(bytes.size());
    body_.Append(stream_.network().pool, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const std::bad_alloc&) {
    return Fail(NoMemoryFor("the body of this request"));
  }
  pace_.last_progress = stream_.loop().now();
  pace_.bytes = whole;
  stream_.SetDeadline(TooSlowAt(pace_, limits()));
}

bool Http2Request::MayHold(uint64_t bytes) {
  return bytes <= kSmallBytes || held_.Cover(bytes);
}

// A block of the announced size as soon as some of it has come; without an announcement the buffer grows by itself.
void Http2Request::MakeRoom(size_t bytes) {
  MemoryPool& pool = stream_.network().pool;
  if (body_.size() + bytes <= room_) return;
  if (!content_length_) {
    if (room_ == 0) body_.Begin(pool, room_ = kFirstRoomUnannounced, align_at_);
    return;
  }
  const bool first = room_ == 0 && body_.size() + bytes <= kFirstRoom;
  room_ = std::max(body_.size() + bytes,
                   static_cast<size_t>(first ? std::min<uint64_t>(*content_length_, kFirstRoom) : *content_length_));
  BodyBuffer larger;
  larger.Begin(pool, room_, align_at_);
  if (body_.size() > 0) larger.Append(pool, {reinterpret_cast<const char*>(body_.bytes().data()), body_.size()});
  body_ = std::move(larger);
}

void Http2Request::OnEnd() {
  if (phase_ == Phase::kReceiving) HandOver();
}

void Http2Request::HandOver() {
  phase_ = Phase::kAnswering;
  stream_.SetDeadline(kNever);
  if (body_.size() > 0) {
    request_.body = body_.bytes();
    request_.storage = std::make_shared<TwoBlocks>(TwoBlocks{std::move(request_.storage), body_.storage()});
    body_ = {};
  }
  cancellation_ = Cancellation::Make();
  request_.cancellation = cancellation_;
  request_.received = stream_.loop().clock().Now();
  exchange_ = std::make_shared<Http2Exchange>(stream_.loop().executor(), *this);
  handler_.OnRequest(std::exchange(request_, {}), HttpReply(exchange_));
}

HttpError Http2Request::TooSlow() const {
  return {.status = 408,
          .text = "body: expected progress within " + std::to_string(limits().stall_timeout.count()) +
                  " ms (stall_timeout) and " + std::to_string(limits().min_body_bytes_per_second) +
                  " bytes a second on average (min_body_bytes_per_second), got " + std::to_string(body_.size()) +
                  " bytes so far"};
}

void Http2Request::OnDeadline(TimePoint) {
  if (phase_ == Phase::kReceiving) return Fail(TooSlow());
  stream_.Reset(static_cast<uint32_t>(Http2Error::kCancel));
}

void Http2Request::OnGone() {
  cancellation_.Cancel();
  Detach();
}

void Http2Request::Detach() {
  if (exchange_) exchange_->Detach();
  exchange_ = nullptr;
}

void Http2Request::StopReceiving() {
  phase_ = Phase::kSending;
  body_ = {};
  held_.Release();
}

void Http2Request::Fail(const HttpError& error) {
  stream_.network().counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  StopReceiving();
  SendWhole(ErrorResponse(error));
}

void Http2Request::Answer(HttpResponse response) {
  SendWhole(std::move(response));
}

void Http2Request::SendWhole(HttpResponse response) {
  phase_ = Phase::kSending;
  const uint64_t bytes = BodyBytes(response);
  if (bytes > limits().max_body_bytes_in_flight && bytes > kSmallBytes) {
    return SendWhole(ErrorResponse(AnswerTooLarge(bytes, limits())));
  }
  // An answer that its reader does not take must not fill the memory.
  if (bytes > kSmallBytes && !unsent_.Take(bytes)) {
    return SendWhole(ErrorResponse(
        {.status = 503,
         .text = "unsent answers: expected at most " + std::to_string(limits().max_body_bytes_in_flight) +
                 " bytes of all connections together (--max-body-in-flight, or half of --budget), got more; try "
                 "again later",
         .retry_after = std::chrono::seconds(1)}));
  }
  Http2Headers fields = std::move(response.headers);
  if (MayHaveBody(response.status)) fields.emplace_back("content-length", std::to_string(bytes));
  const bool end = head_only_ || bytes == 0 || !MayHaveBody(response.status);
  stream_.SendHead(response.status, std::move(fields), end);
  if (!end) {
    SendBody(std::move(response));
    stream_.SendEnd({});
  }
  Detach();
  WatchProgress();
}

void Http2Request::SendBody(HttpResponse&& response) {
  GrpcPayload data{.text = std::move(response.body), .inserts = {}};
  for (BodyPart& part : response.parts) data.inserts.push_back({.at = data.text.size(), .part = std::move(part)});
  stream_.SendData(std::move(data));
}

void Http2Request::BeginAnswer(HttpResponse head) {
  phase_ = Phase::kSending;
  head_only_ = head_only_ || !MayHaveBody(head.status);
  stream_.SendHead(head.status, std::move(head.headers), head_only_);
  if (!head_only_ && BodyBytes(head) > 0) SendBody(std::move(head));
  WatchProgress();
}

void Http2Request::ContinueAnswer(std::string chunk) {
  if (head_only_ || chunk.empty()) return;
  const uint64_t before = stream_.unsent_bytes();
  if (before > limits().max_unsent_bytes) return stream_.Reset(static_cast<uint32_t>(Http2Error::kCancel));
  stream_.SendData({.text = std::move(chunk), .inserts = {}});
  const uint64_t unsent = stream_.unsent_bytes();
  if (unsent > kSmallBytes && !unsent_.Cover(unsent)) {
    return stream_.Reset(static_cast<uint32_t>(Http2Error::kCancel));
  }
  if (before == 0) WatchProgress();
}

void Http2Request::EndAnswer() {
  if (!head_only_) stream_.SendEnd({});
  Detach();
}

void Http2Request::BreakOff() {
  Detach();
  stream_.Reset(static_cast<uint32_t>(Http2Error::kInternalError));
}

void Http2Request::OnSent() {
  if (stream_.unsent_bytes() == 0) unsent_.Release();
  WatchProgress();
}

// A reader that takes nothing for a while is not worth the memory that waits for it.
void Http2Request::WatchProgress() {
  const bool waits = stream_.unsent_bytes() > 0;
  stream_.SetDeadline(waits ? stream_.loop().now() + limits().stall_timeout : kNever);
}

}  // namespace trireme::net
