// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_error.h"
#include "net/http_message.h"

namespace trireme::net {

// What a head says about the bytes after it and about its connection.
struct RequestFraming {
  size_t head_bytes = 0;  // request line and headers, with the empty line
  int minor_version = 1;  // HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;
  bool chunked = false;
  uint64_t content_length = 0;  // 0 if none was announced
  bool expects_continue = false;
};

// Reads the head of an HTTP/1.x request (RFC 9112) out of contiguous bytes that are shown to it again, longer, until it
// is complete. It copies nothing: what it fills in views those bytes.
//
// Strict, because two readers that disagree about where a request ends can be played against each other. Stricter than
// the RFCs on purpose:
//
//   - no empty line before the request line, one blank between its parts, lines end in CR LF, no folded headers
//   - a target in origin form and one spelling only (request_target.h)
//   - Content-Length at most once, 1 to 19 digits; not together with Transfer-Encoding, which is `chunked` alone, at
//   most
//     once, and not in HTTP/1.0
//   - Host at most once, exactly once in HTTP/1.1, of a host's characters
//
// One request at a time: Reset() before the next. Not thread-safe.
class RequestParser {
 public:
  struct Limits {
    size_t max_head_bytes = 16 << 10;
    size_t max_headers = 100;
  };
  enum class State { kNeedsMore, kDone, kFailed };

  explicit RequestParser(Limits limits) : limits_(limits) {}

  // `bytes` begin where the request does, and begin with what they began with in the last call. On kDone method,
  // target, path, query and headers of `request` are set; on kFailed error() says why.
  State Parse(std::string_view bytes, HttpRequest& request);
  void Reset() { scanned_ = 0; }

  const RequestFraming& framing() const { return framing_; }
  const HttpError& error() const { return error_; }

 private:
  State Fail(int status, std::string text);
  State ParseHead(std::string_view head, HttpRequest& request);

  const Limits limits_;
  size_t scanned_ = 0;  // no end of the head was found before this
  RequestFraming framing_;
  HttpError error_;
};

// A header line without its CR LF, taken apart; empty if its grammar is wrong. Trailers have the same grammar.
std::optional<HttpHeader> ParseHeaderLine(std::string_view line);

}  // namespace trireme::net
