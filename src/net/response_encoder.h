// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_message.h"

namespace trireme::net {

// How the end of a response's body is told.
enum class BodyFraming { kLength, kChunked, kUntilClose };

// What a response's head says that its handler does not.
struct ResponseFraming {
  BodyFraming body = BodyFraming::kLength;
  uint64_t length = 0;  // with kLength
  bool to_http_1_0 = false;
  bool close = false;  // the connection ends after it
};

// Whether a response of this status may have a body and a Content-Length (RFC 9110 section 6.4.1).
bool MayHaveBody(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string HttpDate(std::time_t seconds);

// Writes heads of responses. One for each loop, so that the date is spelled once a second. Not thread-safe.
class ResponseEncoder {
 public:
  // `server_name`: the Server header; none if empty.
  explicit ResponseEncoder(std::string_view server_name);

  // The head, with its empty line; good until the next call. `now` is the loop's time.
  std::string_view Head(const HttpResponse& response, const ResponseFraming& framing, TimePoint now);

  // The value of the Date header alone; good until the next call.
  std::string_view Date(TimePoint now);

 private:
  void AppendStatusLine(int status);
  void AppendOwnHeaders(TimePoint now);
  void AppendFraming(int status, const ResponseFraming& framing);

  const std::string server_line_;
  std::string date_;
  TimePoint date_good_until_ = TimePoint::min();
  std::string head_;
};

}  // namespace trireme::net
