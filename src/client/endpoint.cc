// SPDX-License-Identifier: Apache-2.0
#include "client/endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "client/tls_client.h"

namespace trireme::client {
namespace {

Endpoint SocketEndpoint(const std::string& file) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const size_t bytes = std::min(file.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, file.data(), bytes);
  Endpoint endpoint;
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.address_bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes + 1);
  return endpoint;
}

}  // namespace

bool Endpoint::IsLoopback() const {
  if (address.ss_family == AF_UNIX) return true;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

Result<std::vector<Endpoint>> LookUpHost(const std::string& host, uint16_t port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return Unavailable("looking up host \"" + host + "\": " + gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    Endpoint& endpoint = endpoints.emplace_back();
    std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
    endpoint.address_bytes = found->ai_addrlen;
  }
  return endpoints;
}

Result<Endpoint> Resolve(const Url& url, std::shared_ptr<const TlsClient> tls) {
  if (!url.socket.empty()) return SocketEndpoint(url.socket);
  ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, LookUpHost(url.host, url.port));
  Endpoint endpoint = endpoints.front();
  if (!url.tls) return endpoint;
  endpoint.tls = std::move(tls);
  if (endpoint.tls == nullptr) {
    ASSIGN_OR_RETURN(endpoint.tls, TlsClient::Make({}, url.host));
  }
  return endpoint;
}

}  // namespace trireme::client
