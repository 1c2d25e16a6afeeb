// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::client {

// Where a server is, and what is spoken with it.
struct Url {
  std::string host;  // a name or an address, IPv6 without its brackets
  uint16_t port = 80;
  std::string path = "/";  // with the query, as it is sent
  std::string socket;      // a Unix socket's file; if not empty, instead of host and port
  bool grpc = false;       // else HTTP/1.1
  bool tls = false;

  // "host:port" as a Host header has it; "localhost" for a Unix socket.
  std::string Authority() const;
};

// Reads "http://host[:port][/path[?query]]" (RFC 3986); "http://" may be left out, as people do. https, grpc and grpcs
// are the other schemes. Ports are 80, 443 and, of gRPC, 8001 unless one is given. "unix:/file" is HTTP over a Unix
// socket, "grpc+unix:/file" is gRPC over one.
//
// A user name, a fragment, a path behind a gRPC server and bytes that a request line cannot hold are kInvalidArgument,
// any other scheme kUnsupported.
Result<Url> ParseUrl(std::string_view text);

}  // namespace trireme::client
