// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/clock.h"

namespace trireme::net {

struct TlsPeer;

struct HttpHeader {
  std::string_view name;   // as sent; compared without regard to case
  std::string_view value;  // without blanks around it
};

// A request whose body has arrived whole. The views are good as long as `storage` is held: it owns the memory that head
// and body lie in, apart from the connection, so a request outlives its connection. Move it, do not share it.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  // as sent
  std::string_view
      path;  // before '?'; strict: begins with '/', no escapes that hide a '/', '.', NUL (see http_parser.h)
  std::string_view query;  // after '?', or empty
  std::vector<HttpHeader> headers;
  std::span<const std::byte> body;
  std::shared_ptr<const void> storage;
  TimePoint received;                            // when the last byte was read
  TimePoint deadline = kNever;                   // by when the client wants its answer; said by who routes it
  Cancellation cancellation;                     // set when the client goes away before the answer
  std::string_view peer;                         // "127.0.0.1:52114", for logs
  std::shared_ptr<const TlsPeer> tls = nullptr;  // null without TLS; shared by the connection and its requests

  // The value of the first header of this name (given in lower case), or nullptr.
  const std::string_view* Find(std::string_view lower_case_name) const;
};

// One piece of a response's body: bytes and what keeps them alive until they are sent.
struct BodyPart {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;
};

struct HttpResponse {
  int status = 200;
  // Without Content-Length, Connection, Transfer-Encoding and Date, which the connection writes. Values must not hold
  // CR or LF: they are replaced by blanks.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;             // sent first
  std::vector<BodyPart> parts;  // then these, without a copy
  bool close = false;           // end the connection after it
};

// "Bad Request" for 400.
std::string_view ReasonPhrase(int status);

}  // namespace trireme::net
