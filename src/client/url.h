// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::client {

// Where a server is.
struct Url {
  std::string host;  // a name or an address, IPv6 without its brackets
  uint16_t port = 80;
  std::string path = "/";  // with the query, as it is sent

  // "host:port" as a Host header has it.
  std::string Authority() const;
};

// Reads "http://host[:port][/path[?query]]" (RFC 3986); "http://" may be left out, as people do. A user name, a
// fragment and bytes that a request line cannot hold are kInvalidArgument, any other scheme kUnsupported.
Result<Url> ParseUrl(std::string_view text);

}  // namespace trireme::client
