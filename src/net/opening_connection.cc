// SPDX-License-Identifier: Apache-2.0
#include "net/opening_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/http1_connection.h"
#include "net/http2_connection.h"
#include "net/replayed_transport.h"

namespace trireme::net {
namespace {

constexpr uint32_t kGone = EPOLLRDHUP | EPOLLHUP;
constexpr uint32_t kHeard = EPOLLIN | kGone;

}  // namespace

OpeningConnection::OpeningConnection(const Surroundings& surroundings, FileDescriptor socket, std::string peer,
                                     Gate::Pass pass)
    : surroundings_(surroundings),
      fd_(socket.get()),
      peer_(std::move(peer)),
      pass_(std::move(pass)),
      stage_(surroundings.reception.tls != nullptr ? Stage::kFirstByte : Stage::kPreface),
      began_(surroundings.loop.now()),
      socket_(std::move(socket)) {}

OpeningConnection::~OpeningConnection() {
  if (pass_) surroundings_.network.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
}

void OpeningConnection::OnEvents(uint32_t events) {
  if (stage_ == Stage::kOver) return;
  events_ |= events;
  if ((events & EPOLLERR) != 0) return End();
  Proceed();
}

void OpeningConnection::Proceed() {
  const bool heard = (events_ & kHeard) != 0;
  if (heard && stage_ == Stage::kFirstByte) LookAtFirstByte();
  if (stage_ == Stage::kHandshake) GoOnWithHandshake();
  if (heard && stage_ == Stage::kPreface) LookForPreface();
  if (stage_ != Stage::kOver) surroundings_.loop.timers().Set(*this, deadline());
}

void OpeningConnection::LookAtFirstByte() {
  Peek();
  if (seen_ == 0) {
    if (no_more_) End();
    return;
  }
  if (!BeginsTls(first_bytes_[0])) {
    return BecomeHttp1(HttpError{.text = "protocol: expected TLS on this port (https), got a request in the clear"});
  }
  handshake_ = surroundings_.reception.tls->Accept(std::move(socket_));
  seen_ = 0;
  stage_ = Stage::kHandshake;
}

void OpeningConnection::GoOnWithHandshake() {
  Transport::Io io = handshake_->Go();
  // The end behind what it has read is not announced again.
  if (io == Transport::Io::kBlocked && (events_ & kGone) != 0) io = handshake_->Go();
  if (io == Transport::Io::kBlocked) return;
  if (io != Transport::Io::kDone) return HandshakeFailed(handshake_->error());
  surroundings_.network.counters.tls_handshakes.fetch_add(1, std::memory_order_relaxed);
  transport_ = handshake_->Take();
  handshake_.reset();
  stage_ = Stage::kPreface;
  const std::string& protocol = transport_->tls()->protocol;
  if (protocol == "h2") return BecomeHttp2();
  if (!protocol.empty()) BecomeHttp1();
}

void OpeningConnection::LookForPreface() {
  transport_ != nullptr ? ReadAhead() : Peek();
  switch (ProtocolOf(first_bytes())) {
    case Protocol::kHttp1:
      return BecomeHttp1();
    case Protocol::kHttp2:
      return BecomeHttp2();
    case Protocol::kUndecided:
      if (seen_ > 0 && preface_began_ == kNever) preface_began_ = surroundings_.loop.now();
      if (!no_more_) return;
      return seen_ > 0 ? BecomeHttp1() : End();
  }
}

void OpeningConnection::Peek() {
  ssize_t got = 0;
  do {
    got = recv(fd_, first_bytes_.data(), first_bytes_.size(), MSG_PEEK);
  } while (got < 0 && errno == EINTR);
  if (got > 0) seen_ = static_cast<size_t>(got);
  no_more_ = got == 0 || (got < 0 && errno != EAGAIN) || (events_ & kGone) != 0;
}

void OpeningConnection::ReadAhead() {
  while (seen_ < first_bytes_.size()) {
    const std::span<char> room = std::span(first_bytes_).subspan(seen_);
    Transport::Moved got = transport_->Read(room);
    if (got.io == Transport::Io::kBlocked && (events_ & kGone) != 0) got = transport_->Read(room);
    no_more_ = got.io == Transport::Io::kEnd || got.io == Transport::Io::kBroken;
    if (got.io != Transport::Io::kDone) return;
    seen_ += got.bytes;
  }
}

std::unique_ptr<Transport> OpeningConnection::TakeTransport() {
  if (transport_ == nullptr) return std::make_unique<PlainTransport>(std::move(socket_));
  if (seen_ == 0) return std::move(transport_);
  return std::make_unique<ReplayedTransport>(std::string(first_bytes()), std::move(transport_));
}

void OpeningConnection::BecomeHttp1(const std::optional<HttpError>& refusal) {
  auto connection =
      std::make_unique<Http1Connection>(surroundings_, TakeTransport(), std::move(peer_), std::move(pass_));
  if (refusal) connection->Refuse(*refusal);
  GiveWayTo(std::move(connection));
}

void OpeningConnection::BecomeHttp2() {
  GiveWayTo(MakeHttp2Connection(surroundings_, TakeTransport(), std::move(peer_), std::move(pass_)));
}

// Whoever comes looks for itself what there is: some of it may lie in the transport already.
void OpeningConnection::GiveWayTo(std::unique_ptr<Connection> successor) {
  stage_ = Stage::kOver;
  surroundings_.loop.Replace(*this, std::move(successor), events_ | EPOLLIN | EPOLLOUT);
}

void OpeningConnection::HandshakeFailed(std::string_view reason) {
  NetworkState& network = surroundings_.network;
  network.counters.tls_handshakes_failed.fetch_add(1, std::memory_order_relaxed);
  network.failed_handshakes.Report(peer_, reason, surroundings_.loop.now());
  End();
}

void OpeningConnection::Drain() {
  if (stage_ == Stage::kOver) return;
  // What has come in before the end is still answered.
  events_ |= EPOLLIN;
  Proceed();
  End();
}

void OpeningConnection::End() {
  if (stage_ == Stage::kOver) return;
  stage_ = Stage::kOver;
  handshake_.reset();
  transport_.reset();
  socket_.Close();
  surroundings_.loop.Bury(*this);
}

TimePoint OpeningConnection::deadline() const {
  const HttpLimits& limits = surroundings_.network.options.limits;
  if (stage_ != Stage::kPreface) return began_ + limits.head_timeout;
  return preface_began_ == kNever ? began_ + limits.idle_timeout : preface_began_ + limits.head_timeout;
}

void OpeningConnection::OnDeadline(TimePoint) {
  if (stage_ == Stage::kHandshake) return HandshakeFailed("it was not through within head_timeout");
  End();
}

}  // namespace trireme::net
