// SPDX-License-Identifier: Apache-2.0
#include "net/http1_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

// Read from one connection before the others have their turn.
constexpr size_t kBytesPerTurn = 1 << 20;

// Answers that wait to be sent before no further pipelined request is read.
constexpr size_t kMaxAnswersAhead = 64 << 10;

// What a peer may still send to a connection that has ended, so that it gets to see why.
constexpr uint64_t kMaxLingeringBytes = uint64_t{512} << 20;
constexpr std::chrono::seconds kMaxLingeringTime{30};
constexpr std::chrono::seconds kMaxLingeringSilence{2};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// What lingering connections send is dropped here.
std::span<char> DropBox() {
  thread_local std::array<char, 64 << 10> box;
  return box;
}

std::string ChunkHead(size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string head;
  for (; bytes > 0; bytes /= 16) head.insert(head.begin(), kDigits[bytes % 16]);
  return head + "\r\n";
}

uint64_t BodyBytes(const HttpResponse& response) {
  uint64_t bytes = response.body.size();
  for (const BodyPart& part : response.parts) bytes += part.bytes.size();
  return bytes;
}

}  // namespace

Http1Connection::Http1Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport,
                                 std::string peer, Gate::Pass pass)
    : loop_(surroundings.loop),
      encoder_(surroundings.encoder),
      network_(surroundings.network),
      handler_(*surroundings.reception.http),
      limits_(network_.options.limits),
      transport_(std::move(transport)),
      pass_(std::move(pass)),
      reader_(network_.pool, network_.bodies, limits_, std::move(peer), loop_.now(), transport_->tls()),
      unsent_(network_.bodies) {}

Http1Connection::~Http1Connection() {
  if (exchange_) exchange_->Detach();
  network_.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
}

void Http1Connection::Refuse(const HttpError& error) {
  Fail(error);
}

void Http1Connection::OnEvents(uint32_t events) {
  if (state_ == State::kClosed) return;
  if ((events & EPOLLERR) != 0) return Close();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0 && !std::exchange(peer_gone_, true)) cancellation_.Cancel();
  Proceed();
}

void Http1Connection::Proceed() {
  if (state_ == State::kClosed) return;
  proceeding_ = true;
  ProceedOnce();
  proceeding_ = false;
  if (state_ == State::kClosed) return;
  if (WantsInput() && readable_) {
    loop_.Attend(*this);  // it had its share of this turn
  } else if (draining_ && state_ == State::kReading && reader_.idle() && output_.empty()) {
    return Leave();
  }
  loop_.timers().Set(*this, NextDeadline());
}

void Http1Connection::ProceedOnce() {
  size_t budget = kBytesPerTurn;
  do {
    ConsumeInput();
    Flush();
  } while (readable_ && WantsInput() && ReadSome(budget));
}

bool Http1Connection::WantsInput() const {
  return (state_ == State::kReading && output_.bytes() <= kMaxAnswersAhead) || state_ == State::kLingering;
}

std::span<char> Http1Connection::Room() {
  return state_ == State::kLingering ? DropBox() : reader_.Room();
}

// False if there is nothing to read now, or the turn's budget is used up.
bool Http1Connection::ReadSome(size_t& budget) {
  if (budget == 0) return false;
  const std::span<char> room = Room();
  const Transport::Moved got = transport_->Read(room.first(std::min(room.size(), kBytesPerTurn)));
  if (got.io == Transport::Io::kDone) {
    // The next bytes are announced anew; a peer's end was announced already.
    if (got.drained && !peer_gone_) readable_ = false;
    budget -= std::min(budget, got.share());
    OnBytes(got.bytes);
    return true;
  }
  readable_ = false;
  if (got.io == Transport::Io::kBroken) Close();
  if (got.io == Transport::Io::kEnd) OnEndOfInput();
  return got.io == Transport::Io::kEnd;
}

void Http1Connection::OnBytes(size_t bytes) {
  network_.counters.bytes_in.fetch_add(bytes, std::memory_order_relaxed);
  if (state_ == State::kReading) return reader_.Filled(bytes, loop_.now());
  lingered_bytes_ += bytes;
  linger_progress_ = loop_.now();
  if (lingered_bytes_ > kMaxLingeringBytes) Close();
}

void Http1Connection::OnEndOfInput() {
  peer_gone_ = at_end_ = true;
  if (state_ == State::kLingering) return Close();
  if (!reader_.idle()) return Fail(reader_.EndOfInput());
  state_ = State::kClosing;
  if (output_.empty()) Leave();
}

// As far as the bytes read go, and as far as answers are not waiting to be sent.
void Http1Connection::ConsumeInput() {
  while (state_ == State::kReading) {
    if (output_.bytes() > kMaxAnswersAhead) Flush();
    if (!WantsInput()) return;
    switch (reader_.Next()) {
      case RequestReader::Event::kNeedsMore:
        return;
      case RequestReader::Event::kFailed:
        return Fail(reader_.error());
      case RequestReader::Event::kHead:
        OnHead();
        break;
      case RequestReader::Event::kRequest:
        OnRequest();
        break;
    }
  }
}

void Http1Connection::OnHead() {
  network_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  head_only_ = reader_.head().method == "HEAD";
  BodyPlan plan = handler_.OnHead(reader_.head());
  if (plan.refusal) {
    const bool framing_holds = reader_.SkipBody();
    const bool close = !framing_holds || ClosesAfter(*plan.refusal);
    SendWhole(*std::move(plan.refusal), close);
    lingers_ |= !framing_holds;
    return;
  }
  reader_.AcceptBody(plan.max_bytes, plan.align_at, loop_.now());
  if (!reader_.AwaitsContinue()) return;
  output_.Append(kContinue);
  Flush();
}

void Http1Connection::OnRequest() {
  // With nobody else holding the last one, it can serve again.
  if (exchange_ == nullptr || exchange_.use_count() > 1) exchange_ = std::make_shared<Http1Exchange>(loop_.executor());
  exchange_->Attach(*this);
  cancellation_ = Cancellation::Make();
  HttpRequest request = reader_.TakeRequest();
  request.cancellation = cancellation_;
  request.received = loop_.clock().Now();
  state_ = State::kAnswering;
  handler_.OnRequest(std::move(request), HttpReply(exchange_));
}

bool Http1Connection::ClosesAfter(const HttpResponse& response) const {
  return response.close || draining_ || !reader_.framing().keep_alive;
}

void Http1Connection::Answer(HttpResponse response) {
  const bool close = ClosesAfter(response);
  SendWhole(std::move(response), close);
}

// An answer that its reader does not take must not fill the memory.
bool Http1Connection::MayHold(const HttpResponse& response) {
  constexpr uint64_t kSmallBytes = 64 << 10;
  const uint64_t bytes = BodyBytes(response);
  return bytes <= kSmallBytes || unsent_.Take(bytes);
}

void Http1Connection::SendWhole(HttpResponse response, bool close) {
  if (const uint64_t bytes = BodyBytes(response);
      bytes > std::max<uint64_t>(limits_.max_body_bytes_in_flight, 64 << 10)) {
    response = ErrorResponse(AnswerTooLarge(bytes, limits_));
  } else if (!MayHold(response)) {
    response = ErrorResponse(
        {.status = 503,
         .text = "unsent answers: expected at most " + std::to_string(limits_.max_body_bytes_in_flight) +
                 " bytes of all connections together (--max-body-in-flight, or half of --budget), got more; try "
                 "again later",
         .retry_after = std::chrono::seconds(1)});
  }
  const ResponseFraming framing{
      .length = BodyBytes(response), .to_http_1_0 = reader_.framing().minor_version == 0, .close = close};
  output_.Append(encoder_.Head(response, framing, loop_.now()));
  if (!head_only_ && MayHaveBody(response.status)) {
    output_.Append(std::move(response.body));
    for (BodyPart& part : response.parts) output_.Append(std::move(part));
  }
  AnswerComplete(close);
}

void Http1Connection::BeginAnswer(HttpResponse head) {
  const bool to_http_1_0 = reader_.framing().minor_version == 0;
  body_framing_ = to_http_1_0 ? BodyFraming::kUntilClose : BodyFraming::kChunked;
  close_after_ = ClosesAfter(head) || to_http_1_0;
  head_only_ = head_only_ || !MayHaveBody(head.status);
  if (!MayHaveBody(head.status)) body_framing_ = BodyFraming::kLength;
  const ResponseFraming framing{.body = body_framing_, .to_http_1_0 = to_http_1_0, .close = close_after_};
  output_.Append(encoder_.Head(head, framing, loop_.now()));
  ContinueAnswer(std::move(head.body));
  for (const BodyPart& part : head.parts) {
    ContinueAnswer(std::string(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()));
  }
}

void Http1Connection::ContinueAnswer(std::string chunk) {
  if (state_ != State::kAnswering) return;
  if (!proceeding_) loop_.Attend(*this);
  if (head_only_ || chunk.empty()) return;
  if (output_.bytes() > limits_.max_unsent_bytes) Flush();
  if (output_.bytes() > limits_.max_unsent_bytes) return Close();
  const bool chunked = body_framing_ == BodyFraming::kChunked;
  if (chunked) output_.Append(ChunkHead(chunk.size()));
  output_.Append(std::move(chunk));
  if (chunked) output_.Append(kLineEnd);
}

void Http1Connection::EndAnswer() {
  if (body_framing_ == BodyFraming::kChunked && !head_only_) output_.Append(kLastChunk);
  AnswerComplete(close_after_);
}

void Http1Connection::AnswerComplete(bool close) {
  if (exchange_) exchange_->Detach();
  cancellation_ = {};
  head_only_ = false;
  if (close) {
    reader_.Abandon();
    state_ = State::kClosing;
    lingers_ = reader_.framing().keep_alive;  // a client that asked for the end sends nothing more
  } else {
    state_ = State::kReading;
    reader_.Answered(loop_.now());
  }
  if (!proceeding_) loop_.Attend(*this);
}

// The connection's own answer, and its last.
void Http1Connection::Fail(const HttpError& error) {
  network_.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  SendWhole(ErrorResponse(error), /*close=*/true);
  lingers_ = true;
}

void Http1Connection::Flush() {
  if (state_ == State::kClosed) return;
  if (!output_.empty() && writable_) {
    size_t sent = 0;
    const OutputQueue::Sent result = output_.SendTo(*transport_, sent);
    network_.counters.bytes_out.fetch_add(sent, std::memory_order_relaxed);
    last_sent_ = loop_.now();
    if (result == OutputQueue::Sent::kBroken) return Close();
    if (result == OutputQueue::Sent::kSome) writable_ = false;
  }
  if (output_.empty()) unsent_.Release();
  if (output_.empty() && state_ == State::kClosing) OnAllSent();
}

void Http1Connection::OnAllSent() {
  if (!lingers_ || at_end_) return Leave();
  transport_->EndWriting();
  state_ = State::kLingering;
  linger_began_ = linger_progress_ = loop_.now();
}

// Closes where nothing is missing. TLS has a word for that; for a plain socket closing is enough.
void Http1Connection::Leave() {
  if (transport_->tls()) transport_->EndWriting();
  Close();
}

void Http1Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  cancellation_.Cancel();
  if (exchange_) exchange_->Detach();
  output_.Clear();
  transport_.reset();
  loop_.Bury(*this);
}

void Http1Connection::Drain() {
  draining_ = true;
  // What has come in before the end is still answered.
  if (state_ == State::kReading) readable_ = true;
  Proceed();
  if (state_ != State::kReading || reader_.idle()) return;
  // What has not come whole by now would be read only to be refused.
  Fail({.status = 503, .text = "the server is shutting down; try another one", .retry_after = std::chrono::seconds(1)});
  Proceed();
}

TimePoint Http1Connection::NextDeadline() const {
  if (state_ == State::kLingering) {
    return std::min(linger_began_ + kMaxLingeringTime, linger_progress_ + kMaxLingeringSilence);
  }
  if (!output_.empty()) return last_sent_ + limits_.stall_timeout;
  return state_ == State::kReading ? reader_.deadline() : kNever;
}

void Http1Connection::OnDeadline(TimePoint) {
  if (state_ == State::kClosed) return;
  const bool reads = state_ == State::kReading && output_.empty() && !reader_.idle();
  const bool idle = state_ == State::kReading && output_.empty() && reader_.idle();
  if (idle) return Leave();
  if (!reads) return Close();
  Fail(reader_.TooSlow());
  Proceed();
}

}  // namespace trireme::net
