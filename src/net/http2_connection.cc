// SPDX-License-Identifier: Apache-2.0
#include "net/http2_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "net/http2_abuse.h"
#include "net/http2_dispatch.h"
#include "net/http2_head.h"
#include "net/http2_lifetime.h"
#include "net/http2_server_stream.h"
#include "net/http2_session.h"
#include "net/lingering.h"
#include "net/output_queue.h"

namespace trireme::net {
namespace {

// Read from, and written to, one connection before the others have their turn.
constexpr size_t kBytesPerTurn = 1 << 20;

// Frames that wait for the socket; until some are sent, no more are made.
constexpr size_t kMaxUnsent = 256 << 10;

// Stream objects that wait for streams to come.
constexpr size_t kMostIdleStreams = 64;

// What all connections of a loop read into, one after the other: nothing stays there.
std::span<char> ReadBlock() {
  constexpr size_t kBytes = 256 << 10;
  thread_local const std::unique_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(kBytes);
  return {block.get(), kBytes};
}

// From -1 to 1, another for each connection.
double Jitter(const void* connection, TimePoint now) {
  uint64_t mixed = reinterpret_cast<uintptr_t>(connection) ^ static_cast<uint64_t>(now.time_since_epoch().count());
  mixed *= 0x9e3779b97f4a7c15U;
  mixed ^= mixed >> 32;
  return static_cast<double>(mixed & 0xffff) / 32767.5 - 1;
}

class Http2Connection final : public Connection, private Http2SessionEvents {
 public:
  Http2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport, std::string peer,
                  Gate::Pass pass)
      : surroundings_(surroundings),
        loop_(surroundings.loop),
        network_(surroundings.network),
        limits_(network_.options.limits),
        http2_(network_.options.http2),
        transport_(std::move(transport)),
        pass_(std::move(pass)),
        head_(limits_, std::move(peer)),
        session_(*this, limits_, http2_),
        home_{surroundings_, session_, *this},
        abuse_(http2_),
        lifetime_(limits_, http2_, loop_.now(), Jitter(this, loop_.now())),
        last_sent_(loop_.now()) {}

  ~Http2Connection() override {
    EndStreams();
    network_.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
  }

  // Of Connection.

  int fd() const override { return transport_->fd(); }
  void OnEvents(uint32_t events) override;
  void OnAttention() override;
  void OnDeadline(TimePoint now) override;
  void Drain() override;
  void CutOff() override { Close(); }

 private:
  enum class State { kServing, kClosing, kLingering, kClosed };

  // Of Http2SessionEvents.

  void OnFrame(Frame frame, Http2ServerStream* stream) override;
  void OnBrokenRule() override;
  void OnComplaintSent() override { CountEnd(); }
  void OnHeadBegins() override;
  void OnField(std::string_view name, std::string_view value) override;
  void OnHead(int32_t id, bool end) override;
  void OnTrailers() override { lifetime_.OnHeadEnds(); }
  void OnData(Http2ServerStream* stream, std::span<const std::byte> bytes) override;
  void OnEmptyData() override { Count(Http2Abuse::Kind::kEmptyFrame); }
  void OnEnd(Http2ServerStream* stream) override;
  void OnDataSent(Http2ServerStream& stream, size_t bytes) override;
  void OnAnswerSent(Http2ServerStream& stream) override;
  void OnStreamEnds(Http2ServerStream& stream) override;

  // Reading.
  void Read();
  void OnBytes(std::span<const char> bytes);
  void Feed(std::span<const char> bytes);
  void OnEndOfInput();
  void Count(Http2Abuse::Kind kind);

  // Streams.
  Http2ServerStream& OpenStream(int32_t id, bool request_ended);
  void CloseStream(Http2ServerStream& stream);
  void EndStreams();

  // Sending and ending.
  void Flush();
  void Pull();
  bool Write(size_t& budget);
  void FinishDrain();
  void CountEnd() { network_.counters.http2_connections_ended.fetch_add(1, std::memory_order_relaxed); }
  void End(Http2Error error, std::string_view text);
  void BeginLingering();
  void Close();
  TimePoint NextDeadline() const;

  const Surroundings surroundings_;
  EventLoop& loop_;
  NetworkState& network_;
  const HttpLimits& limits_;
  const Http2Limits& http2_;
  const std::unique_ptr<Transport> transport_;
  Gate::Pass pass_;

  State state_ = State::kServing;
  Http2Head head_;
  Http2Session session_;
  const Http2ServerStream::Home home_;
  Http2Abuse abuse_;
  Http2Lifetime lifetime_;
  OutputQueue output_;
  Lingering lingering_;

  std::vector<std::unique_ptr<Http2ServerStream>> streams_;
  std::vector<std::unique_ptr<Http2ServerStream>> idle_streams_;
  // Shared with the requests, which may outlive the connection.
  const std::shared_ptr<RequestsInHand> in_hand_ = std::make_shared<RequestsInHand>(0);

  Http2Error complaint_ = Http2Error::kNoError;  // for which Feed() was stopped
  std::string complaint_text_;
  bool readable_ = false;  // the socket may have bytes, or its end
  bool writable_ = true;
  bool peer_gone_ = false;  // it sends nothing more
  TimePoint last_sent_;
};

void Http2Connection::OnEvents(uint32_t events) {
  if (state_ == State::kClosed) return;
  if ((events & EPOLLERR) != 0) return Close();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) peer_gone_ = true;
  Read();
  if (state_ != State::kClosed) loop_.Attend(*this);
}

void Http2Connection::OnAttention() {
  Flush();
  if (state_ == State::kClosed) return;
  if (readable_) {  // it had its share of this turn
    Read();
    if (state_ == State::kClosed) return;
    loop_.Attend(*this);
  }
  loop_.timers().Set(*this, NextDeadline());
}

void Http2Connection::Read() {
  size_t budget = kBytesPerTurn;
  while (readable_ && budget > 0 && state_ != State::kClosed) {
    const std::span<char> room = ReadBlock();
    const Transport::Moved moved = transport_->Read(room);
    switch (moved.io) {
      case Transport::Io::kDone:
        if (moved.drained && !peer_gone_) readable_ = false;
        budget -= std::min(budget, moved.share());
        OnBytes(room.first(moved.bytes));
        break;
      case Transport::Io::kBlocked:
        readable_ = false;
        return;
      case Transport::Io::kEnd:
        readable_ = false;
        return OnEndOfInput();
      case Transport::Io::kBroken:
        return Close();
    }
  }
}

void Http2Connection::OnBytes(std::span<const char> bytes) {
  network_.counters.bytes_in.fetch_add(bytes.size(), std::memory_order_relaxed);
  if (state_ == State::kServing) {
    lifetime_.OnBytes(loop_.now());
    Feed(bytes);
  } else if (!lingering_.OnBytes(bytes.size(), loop_.now())) {
    Close();
  }
}

void Http2Connection::Feed(std::span<const char> bytes) {
  switch (session_.Feed(bytes)) {
    case Http2Session::Fault::kNone:
      return;
    case Http2Session::Fault::kStopped:
      return End(complaint_, complaint_text_);
    case Http2Session::Fault::kNotHttp2:
      return End(Http2Error::kProtocolError, "connection preface: expected that of HTTP/2");
    case Http2Session::Fault::kFlooded:
      return End(Http2Error::kEnhanceYourCalm,
                 "expected the answers to pings and SETTINGS to be read, got more of them");
    case Http2Session::Fault::kTooManyContinuations:
      return End(Http2Error::kEnhanceYourCalm, "CONTINUATION: expected the end of a head, got more of it");
    case Http2Session::Fault::kBroken:
      return End(Http2Error::kInternalError, "the server cannot go on with this connection");
  }
}

// A client that hangs up has gone; what it was owed by then may still reach it if it has not.
void Http2Connection::OnEndOfInput() {
  peer_gone_ = true;
  Flush();
  Close();
}

void Http2Connection::Count(Http2Abuse::Kind kind) {
  if (abuse_.Allow(kind, loop_.now())) return;
  complaint_ = Http2Error::kEnhanceYourCalm;
  complaint_text_ = Http2Abuse::Complaint(kind, http2_);
  session_.Stop();
}

void Http2Connection::OnFrame(Frame frame, Http2ServerStream* stream) {
  switch (frame) {
    case Frame::kSettings:
      lifetime_.OnPreface();
      return Count(Http2Abuse::Kind::kSettings);
    case Frame::kPing:
      return Count(Http2Abuse::Kind::kPing);
    case Frame::kPingAnswer:
      // Of ours there is one at a time, and rarely.
      if (lifetime_.draining() && !lifetime_.drained()) return FinishDrain();
      return Count(Http2Abuse::Kind::kEmptyFrame);
    case Frame::kWindowUpdate:
      return Count(Http2Abuse::Kind::kWindowUpdate);
    case Frame::kReset:
      // That of a stream which is served counts when the stream ends.
      if (stream == nullptr) Count(Http2Abuse::Kind::kEmptyFrame);
      return;
    case Frame::kOther:
      return Count(Http2Abuse::Kind::kEmptyFrame);
  }
}

void Http2Connection::OnBrokenRule() {
  network_.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  lifetime_.OnHeadEnds();
  Count(Http2Abuse::Kind::kReset);
}

void Http2Connection::OnHeadBegins() {
  lifetime_.OnHeadBegins(loop_.now());
  head_.Begin();
}

void Http2Connection::OnField(std::string_view name, std::string_view value) {
  head_.Add(name, value);
  // Fields that nobody keeps still cost their decompression: a few KiB can name gigabytes.
  const uint64_t most = 4 * uint64_t{limits_.max_head_bytes} + (64 << 10);
  if (head_.bytes() <= most) return;
  complaint_ = Http2Error::kEnhanceYourCalm;
  complaint_text_ = "head: expected at most " + std::to_string(limits_.max_head_bytes) +
                    " bytes (max_head_bytes), got more than " + std::to_string(most);
  session_.Stop();
}

void Http2Connection::OnHead(int32_t id, bool end) {
  lifetime_.OnHeadEnds();
  abuse_.OnRequest();
  // Streams that were reset have left their requests behind: a client cannot have more work done by that.
  if (in_hand_->load(std::memory_order_relaxed) >= 2 * uint64_t{http2_.max_concurrent_streams}) {
    return session_.SubmitReset(id, Http2Error::kRefusedStream);
  }
  HttpRequest request;
  const std::optional<HttpError> problem = head_.Finish(request, in_hand_);
  request.tls = transport_->tls();
  ServeHttp2Stream(OpenStream(id, end), surroundings_.reception, std::move(request), problem, end);
}

void Http2Connection::OnData(Http2ServerStream* stream, std::span<const std::byte> bytes) {
  if (stream != nullptr) return stream->OnData(bytes);
  session_.ConsumeConnection(bytes.size());
}

void Http2Connection::OnEnd(Http2ServerStream* stream) {
  if (stream != nullptr) stream->OnEnd();
}

void Http2Connection::OnDataSent(Http2ServerStream& stream, size_t bytes) {
  abuse_.OnDataSent(bytes);
  stream.OnSent();
}

void Http2Connection::OnAnswerSent(Http2ServerStream& stream) {
  abuse_.OnAnswered();
  stream.OnAnswered();
}

void Http2Connection::OnStreamEnds(Http2ServerStream& stream) {
  const bool taken_back = !stream.answered() && !stream.given_up();
  CloseStream(stream);
  if (taken_back) Count(Http2Abuse::Kind::kReset);
}

Http2ServerStream& Http2Connection::OpenStream(int32_t id, bool request_ended) {
  if (idle_streams_.empty()) {
    streams_.push_back(std::make_unique<Http2ServerStream>(home_));
  } else {
    streams_.push_back(std::move(idle_streams_.back()));
    idle_streams_.pop_back();
  }
  Http2ServerStream& stream = *streams_.back();
  stream.place = streams_.size() - 1;
  stream.Open(id, request_ended);
  session_.Adopt(id, stream);
  lifetime_.OnStreamOpens();
  network_.counters.http2_streams_open.fetch_add(1, std::memory_order_relaxed);
  return stream;
}

void Http2Connection::CloseStream(Http2ServerStream& stream) {
  network_.counters.http2_streams_open.fetch_sub(1, std::memory_order_relaxed);
  stream.Leave();
  lifetime_.OnStreamEnds(loop_.now());
  const size_t place = stream.place;
  std::swap(streams_[place], streams_.back());
  streams_[place]->place = place;
  if (idle_streams_.size() < kMostIdleStreams) idle_streams_.push_back(std::move(streams_.back()));
  streams_.pop_back();
}

// Their servers hear of it; nothing goes out.
void Http2Connection::EndStreams() {
  while (!streams_.empty()) CloseStream(*streams_.back());
}

void Http2Connection::Flush() {
  size_t budget = kBytesPerTurn;
  while (state_ == State::kServing || state_ == State::kClosing) {
    if (state_ == State::kServing) Pull();
    if (output_.empty()) break;
    if (!Write(budget)) return;
  }
  if (state_ == State::kClosing) BeginLingering();
}

void Http2Connection::Pull() {
  if (!session_.Pull(output_, kMaxUnsent)) {
    if (complaint_ != Http2Error::kNoError) return End(complaint_, complaint_text_);
    return Close();
  }
  if (!session_.finished()) return;
  EndStreams();
  state_ = State::kClosing;
}

// False if that was all for now.
bool Http2Connection::Write(size_t& budget) {
  if (!writable_) return false;
  if (budget == 0) {
    loop_.Attend(*this);
    return false;
  }
  size_t sent = 0;
  const OutputQueue::Sent result = output_.SendTo(*transport_, sent);
  network_.counters.bytes_out.fetch_add(sent, std::memory_order_relaxed);
  budget -= std::min(budget, sent);
  last_sent_ = loop_.now();
  if (result == OutputQueue::Sent::kSome) writable_ = false;
  if (result == OutputQueue::Sent::kBroken) Close();
  return result == OutputQueue::Sent::kAll;
}

void Http2Connection::Drain() {
  if (state_ != State::kServing || lifetime_.draining()) return;
  // What has come in before the end is still answered.
  readable_ = true;
  Read();
  if (state_ != State::kServing || lifetime_.draining()) return;
  if (lifetime_.streams() == 0) {
    FinishDrain();
  } else {
    session_.SubmitNotice();
    session_.SubmitPing();
    lifetime_.OnNoticed(loop_.now());
  }
  loop_.Attend(*this);
}

void Http2Connection::FinishDrain() {
  session_.SubmitGoAway();
  lifetime_.OnDrained(loop_.now());
}

// The connection's last word, instead of all that its streams would have said.
void Http2Connection::End(Http2Error error, std::string_view text) {
  if (state_ != State::kServing) return;
  network_.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  CountEnd();
  state_ = State::kClosing;
  EndStreams();
  output_.Append(Http2Session::GoAwayFrame(session_.last_stream(), error, text));
  loop_.Attend(*this);
}

void Http2Connection::BeginLingering() {
  EndStreams();
  if (peer_gone_) return Close();
  transport_->EndWriting();
  state_ = State::kLingering;
  lingering_.Begin(loop_.now());
}

void Http2Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  EndStreams();
  output_.Clear();
  loop_.Bury(*this);
}

TimePoint Http2Connection::NextDeadline() const {
  if (state_ == State::kLingering) return lingering_.deadline();
  const TimePoint stalled = output_.empty() ? kNever : last_sent_ + limits_.stall_timeout;
  return state_ == State::kServing ? std::min(stalled, lifetime_.next()) : stalled;
}

void Http2Connection::OnDeadline(TimePoint now) {
  if (state_ == State::kClosed) return;
  const bool stalled = !output_.empty() && now >= last_sent_ + limits_.stall_timeout;
  if (stalled || state_ != State::kServing) return Close();
  switch (lifetime_.Due(now)) {
    case Http2Lifetime::Action::kNone:
      break;
    case Http2Lifetime::Action::kTooSlow:
      End(Http2Error::kSettingsTimeout, "expected the connection preface, and each head, within " +
                                            std::to_string(limits_.head_timeout.count()) + " ms (head_timeout)");
      break;
    case Http2Lifetime::Action::kPing:
      session_.SubmitPing();
      lifetime_.OnPinged(now);
      break;
    case Http2Lifetime::Action::kDrain:
      Drain();
      break;
    case Http2Lifetime::Action::kFinishDrain:
      FinishDrain();
      break;
    case Http2Lifetime::Action::kCutOff:
      return Close();
  }
  if (state_ != State::kClosed) loop_.Attend(*this);  // and sets the next deadline
}

}  // namespace

std::unique_ptr<Connection> MakeHttp2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport,
                                                std::string peer, Gate::Pass pass) {
  return std::make_unique<Http2Connection>(surroundings, std::move(transport), std::move(peer), std::move(pass));
}

}  // namespace trireme::net
