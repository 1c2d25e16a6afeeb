// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/status.h"
#include "net/file_descriptor.h"
#include "net/listener.h"

namespace trireme::net {

struct ListeningSocket {
  FileDescriptor fd;  // does not block
  uint16_t port = 0;  // that was bound
};

// Opens the first of the host's addresses that can be. What is accepted there sends without delay (TCP_NODELAY).
// Errors name the address and the reason.
Result<ListeningSocket> OpenListeningSocket(const ListenAddress& address);

// "127.0.0.1:52114", "[::1]:52114".
std::string PeerName(const sockaddr_storage& peer);

}  // namespace trireme::net
