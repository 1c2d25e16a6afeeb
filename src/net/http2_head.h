// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_error.h"
#include "net/http_message.h"
#include "net/listener.h"

namespace trireme::net {

// How many requests of a connection are still in somebody's hands, with a stream or without: a client that resets its
// streams as soon as it has opened them leaves the work behind. Thread-safe: requests end on any thread.
using RequestsInHand = std::atomic<uint32_t>;  // a lone counter

// Gathers the fields of one request head as HPACK spells them out, and makes a request of them. One for each
// connection: heads do not mix (RFC 9113 section 4.3).
//
// What the grammar of HTTP/2 says about fields (names in lower case, pseudo fields first and once, no "connection") has
// been checked before; limits, target and host are checked here. Not thread-safe.
class Http2Head {
 public:
  Http2Head(const HttpLimits& limits, std::string peer);

  void Begin();
  void Add(std::string_view name, std::string_view value);

  // Of all that was added since Begin(), as SETTINGS_MAX_HEADER_LIST_SIZE counts them (RFC 9113 section 6.5.2).
  uint64_t bytes() const { return bytes_; }

  // The head is complete: what is wrong with it, if anything is. Fills in all of `request` that a head tells; counts it
  // in `in_hand` until its storage goes. Of one that is refused, what was kept.
  std::optional<HttpError> Finish(HttpRequest& request, const std::shared_ptr<RequestsInHand>& in_hand);

 private:
  // A piece of `text_`.
  struct Piece {
    uint32_t at = 0;
    uint32_t size = 0;
  };
  struct Field {
    Piece name;
    Piece value;
  };

  Piece Keep(std::string_view text);
  void KeepPseudo(std::string_view name, std::string_view value);
  std::optional<HttpError> LimitProblem() const;
  static std::optional<HttpError> Check(HttpRequest& request);

  const HttpLimits& limits_;
  const std::string peer_;
  std::string text_;  // all fields, one behind the other; behind the peer, which goes with every request
  std::vector<Field> fields_;
  Piece method_;
  Piece target_;
  Piece authority_;
  uint64_t bytes_ = 0;
  size_t count_ = 0;
};

}  // namespace trireme::net
