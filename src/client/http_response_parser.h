// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace trireme::client {

// Bounds on what a server may send.
struct ResponseLimits {
  size_t max_head_bytes = 64 << 10;  // status line and headers; trailers too
  uint64_t max_body_bytes = uint64_t{1} << 32;
};

// Reads HTTP/1.1 responses (RFC 9112) as their bytes come, strictly: lines end with CR LF, a message has one length,
// and nothing is guessed. The body is not collected: each piece is handed out as it is met.
//
//   std::string_view input = <what was received>;
//   while (true) switch (parser.Next(input)) {
//     case kHead: ... parser.status() ...
//     case kBody: ... parser.piece() ...
//     case kEnd: ... parser.Reset() for the next response ...
//     case kNeedMore: receive; case kFailed: ... parser.error() ...
//   }
//
// Interim responses (100 to 199) are passed over. Allocates only to hold one head. Not thread-safe.
class HttpResponseParser {
 public:
  enum class Event : uint8_t { kNeedMore, kHead, kBody, kEnd, kFailed };

  explicit HttpResponseParser(ResponseLimits limits = {}) : limits_(limits) {}

  // Forgets the last response. `to_head`: the next one answers a HEAD request and has no body.
  void Reset(bool to_head = false);

  // Takes bytes off the front of `input` up to the next event. kNeedMore: `input` is empty.
  Event Next(std::string_view& input);

  // The peer has ended the connection: kEnd if that is how this body ends, else kFailed.
  Event Close();

  // After kHead.
  int status() const { return status_; }
  // The first header of this name (given in lower case). Good until Reset().
  std::optional<std::string_view> Find(std::string_view lower_case_name) const;
  std::vector<std::pair<std::string_view, std::string_view>> headers() const;
  // Whether the connection may carry another request after this response.
  bool keeps_alive() const { return keeps_alive_; }

  // After kBody: the bytes, within the input.
  std::string_view piece() const { return piece_; }

  // After kFailed: kInvalidArgument for grammar, kTooLarge for a limit, kUnavailable for an early end.
  const Status& error() const { return error_; }

 private:
  enum class State : uint8_t {
    kHead,
    kFixedBody,
    kBodyToTheEnd,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailers,
    kDone,
    kFailed
  };
  struct Field {
    size_t name, name_end, value, value_end;  // offsets in head_
  };

  std::string_view Name(const Field& field) const {
    return std::string_view(head_).substr(field.name, field.name_end - field.name);
  }
  std::string_view Value(const Field& field) const {
    return std::string_view(head_).substr(field.value, field.value_end - field.value);
  }

  Event Fail(Status error);
  // Moves lines from `input` until `into` ends with `end`; false: more is needed, or it failed.
  bool Collect(std::string& into, std::string_view& input, std::string_view end);
  Event NextHead(std::string_view& input);
  Event NextChunkSize(std::string_view& input);
  Event NextChunkEnd(std::string_view& input);
  Event NextTrailers(std::string_view& input);
  Event NextPiece(std::string_view& input);
  Status ParseHead();
  Status ParseStatusLine(std::string_view line);
  Status ParseField(size_t begin, size_t end);
  Status PlanBody();
  Status CountBody(uint64_t bytes);

  const ResponseLimits limits_;
  State state_ = State::kHead;
  bool to_head_ = false;
  std::string head_;
  std::string line_;  // a chunk's size line, or trailers
  std::vector<Field> fields_;
  int status_ = 0;
  bool is_http_1_0_ = false;
  bool keeps_alive_ = true;
  uint64_t left_ = 0;  // of the body or chunk
  uint64_t body_bytes_ = 0;
  std::string_view piece_;
  Status error_;
};

}  // namespace trireme::client
