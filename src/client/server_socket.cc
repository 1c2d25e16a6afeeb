// SPDX-License-Identifier: Apache-2.0
#include "client/server_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace trireme::client {

Status ServerSocket::Open(const Endpoint& endpoint, TlsProtocol protocol) {
  Close();
  error_ = Status();
  fd_ = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Unavailable("opening a socket: " + std::generic_category().message(errno));
  if (endpoint.address.ss_family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  connecting_ = connect(fd_, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_bytes) != 0;
  if (connecting_ && errno != EINPROGRESS) {
    Break("connecting", errno);
    Close();
    return error_;
  }
  if (endpoint.tls != nullptr) {
    tls_ = endpoint.tls->Begin(fd_, protocol);
    tls_begins_ = true;
  }
  return Status();
}

void ServerSocket::Close() {
  tls_.reset();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  connecting_ = false;
  tls_begins_ = false;
  tls_wants_write_ = false;
}

ServerSocket::Io ServerSocket::Connect() {
  if (connecting_) {
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &bytes);
    if (error != 0) return Break("connecting", error);
    connecting_ = false;
  }
  return tls_begins_ ? Shake() : Io::kDone;
}

ServerSocket::Io ServerSocket::Shake() {
  const TlsStream::Step step = tls_->Shake();
  tls_wants_write_ = step == TlsStream::Step::kWantsWrite;
  if (step == TlsStream::Step::kDone) {
    tls_begins_ = false;
    return Io::kDone;
  }
  if (step != TlsStream::Step::kFailed) return Io::kBlocked;
  error_ = Unavailable("TLS: " + tls_->error());
  return Io::kBroken;
}

ServerSocket::Moved ServerSocket::Read(std::span<char> room) {
  if (tls_ != nullptr) return ReadTls(room);
  while (true) {
    const ssize_t received = recv(fd_, room.data(), room.size(), 0);
    if (received > 0) {
      const auto bytes = static_cast<size_t>(received);
      // Less than there was room for: the socket is empty, and the poller says when it is not.
      return {.io = Io::kDone, .bytes = bytes, .drained = bytes < room.size()};
    }
    if (received == 0) return {.io = Io::kEnd};
    if (errno == EAGAIN) return {.io = Io::kBlocked};
    if (errno != EINTR) return {.io = Break("receiving", errno)};
  }
}

ServerSocket::Moved ServerSocket::Write(std::span<const iovec> pieces) {
  if (tls_ != nullptr) return WriteTls(pieces);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads them
  message.msg_iovlen = pieces.size();
  while (true) {
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent >= 0) return {.io = Io::kDone, .bytes = static_cast<size_t>(sent)};
    if (errno == EAGAIN) return {.io = Io::kBlocked};
    if (errno == EPIPE || errno == ECONNRESET) return {.io = Io::kRefused};
    if (errno != EINTR) return {.io = Break("sending", errno)};
  }
}

ServerSocket::Moved ServerSocket::ReadTls(std::span<char> room) {
  size_t bytes = 0;
  switch (tls_->Read(room, bytes)) {
    case TlsStream::Step::kDone:
      return {.io = Io::kDone, .bytes = bytes};
    case TlsStream::Step::kEnd:
      return {.io = Io::kEnd};
    case TlsStream::Step::kFailed:
      error_ = Unavailable("TLS: " + tls_->error());
      return {.io = Io::kBroken};
    default:
      return {.io = Io::kBlocked};
  }
}

ServerSocket::Moved ServerSocket::WriteTls(std::span<const iovec> pieces) {
  size_t bytes = 0;
  switch (tls_->Write(pieces, bytes)) {
    case TlsStream::Step::kDone:
      return {.io = Io::kDone, .bytes = bytes};
    case TlsStream::Step::kEnd:
    case TlsStream::Step::kFailed:
      return {.io = Io::kRefused};
    default:
      return {.io = Io::kBlocked};
  }
}

ServerSocket::Io ServerSocket::Break(const char* what, int error) {
  error_ = Unavailable(std::string(what) + ": " + std::generic_category().message(error));
  return Io::kBroken;
}

}  // namespace trireme::client
