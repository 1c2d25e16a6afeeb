// SPDX-License-Identifier: Apache-2.0
#include "net/listening_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace trireme::net {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

std::string NameOf(const ListenAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Status CannotListen(const ListenAddress& address, const std::string& reason) {
  return Unavailable("cannot listen on " + NameOf(address) + ": " + reason);
}

std::string SystemError() {
  return std::generic_category().message(errno);
}

Result<AddressList> Resolve(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failure != 0) return CannotListen(address, gai_strerror(failure));
  return AddressList(found, &freeaddrinfo);
}

// Empty, with errno, if one of the steps fails.
FileDescriptor Open(const addrinfo& at) {
  FileDescriptor fd(socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  const int on = 1;
  const bool opened = fd && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&  // inherited
                      bind(fd.get(), at.ai_addr, at.ai_addrlen) == 0 && listen(fd.get(), kListenBacklog) == 0;
  return opened ? std::move(fd) : FileDescriptor();
}

uint16_t PortOf(const sockaddr_storage& address) {
  const bool is_ipv6 = address.ss_family == AF_INET6;
  return ntohs(is_ipv6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                       : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

uint16_t BoundPort(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) == 0);
  return PortOf(bound);
}

}  // namespace

Result<ListeningSocket> OpenListeningSocket(const ListenAddress& address) {
  if (!address.unix_socket.empty()) {
    ASSIGN_OR_RETURN(UnixSocket unix_socket, OpenUnixSocket(address.unix_socket, address.unix_mode));
    return ListeningSocket{
        .fd = std::move(unix_socket.fd), .owner_only = address.unix_owner_only, .file = std::move(unix_socket.file)};
  }
  ASSIGN_OR_RETURN(const AddressList found, Resolve(address));
  std::string reason = "the name has no address";
  for (const addrinfo* at = found.get(); at != nullptr; at = at->ai_next) {
    FileDescriptor fd = Open(*at);
    if (fd) {
      const uint16_t port = BoundPort(fd.get());
      return ListeningSocket{.fd = std::move(fd), .port = port};
    }
    reason = SystemError();
  }
  return CannotListen(address, reason);
}

std::string PeerName(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_UNIX) return "unix";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string port = std::to_string(PortOf(peer));
  if (peer.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + port;
  }
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + port;
}

}  // namespace trireme::net
