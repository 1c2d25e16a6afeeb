// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/url.h"

namespace trireme::client {

class TlsClient;

// A server's address, looked up, and how to shake hands there.
struct Endpoint {
  sockaddr_storage address = {};
  socklen_t address_bytes = 0;
  // Null: in the clear. Shared by every connection that is made to it.
  std::shared_ptr<const TlsClient> tls = nullptr;

  // Whether it is this machine's loopback, or a Unix socket.
  bool IsLoopback() const;
};

// All addresses of a host, in the resolver's order; as below.
Result<std::vector<Endpoint>> LookUpHost(const std::string& host, uint16_t port);

// Looks a host up; of several addresses the first. May block for as long as the resolver's own time-outs. Without
// `tls`, a URL with TLS gets a client that believes this machine's authorities.
Result<Endpoint> Resolve(const Url& url, std::shared_ptr<const TlsClient> tls = nullptr);

}  // namespace trireme::client
