// SPDX-License-Identifier: Apache-2.0
#include "net/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace trireme::net {

Transport::Moved PlainTransport::Read(std::span<char> room) {
  while (true) {
    const ssize_t got = recv(fd(), room.data(), room.size(), 0);
    if (got > 0) {
      const auto bytes = static_cast<size_t>(got);
      // A short read has emptied the socket: the next bytes are announced anew.
      return {.io = Io::kDone, .bytes = bytes, .drained = bytes < room.size()};
    }
    if (got == 0) return {.io = Io::kEnd};
    if (errno == EINTR) continue;
    return {.io = errno == EAGAIN ? Io::kBlocked : Io::kBroken};
  }
}

Transport::Moved PlainTransport::Write(std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads them
  message.msg_iovlen = pieces.size();
  while (true) {
    const ssize_t sent = sendmsg(fd(), &message, MSG_NOSIGNAL);
    if (sent >= 0) return {.io = Io::kDone, .bytes = static_cast<size_t>(sent)};
    if (errno == EINTR) continue;
    return {.io = errno == EAGAIN ? Io::kBlocked : Io::kBroken};
  }
}

void PlainTransport::EndWriting() {
  shutdown(fd(), SHUT_WR);
}

}  // namespace trireme::net
