// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "net/file_descriptor.h"
#include "net/listener.h"
#include "net/unix_socket.h"

namespace trireme::net {

struct ListeningSocket {
  FileDescriptor fd;                     // does not block
  uint16_t port = 0;                     // that was bound; 0 for a Unix socket
  bool owner_only = false;               // of a Unix socket: see ListenAddress
  std::unique_ptr<UnixSocketFile> file;  // of a Unix socket; goes first
};

// Opens the Unix socket (see OpenUnixSocket), or the first of the host's addresses that can be. What is accepted over
// TCP sends without delay (TCP_NODELAY). Errors name the address and the reason.
Result<ListeningSocket> OpenListeningSocket(const ListenAddress& address);

// "127.0.0.1:52114", "[::1]:52114", "unix".
std::string PeerName(const sockaddr_storage& peer);

}  // namespace trireme::net
