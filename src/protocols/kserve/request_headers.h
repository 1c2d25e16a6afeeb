// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "dialect/content_coding.h"
#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme::kserve {

// The headers that mean something here, found in one pass. Views into the request.
struct RequestHeaders {
  ContentCoding body = ContentCoding::kIdentity;
  std::optional<ContentCoding> answer;  // the client's choice; none if it made none
  std::optional<std::string_view> json_length;
  std::string_view traceparent;
  std::string_view tracestate;

  Status coding_error;  // kUnsupported: the body is coded in a way that nobody here reads
  // The length of the JSON is given twice: whoever else reads this request may split it elsewhere.
  Status length_error;

  // Where tensors will begin in the body, not checked yet.
  size_t LikelyJsonBytes() const;
};

RequestHeaders ReadRequestHeaders(const net::HttpRequest& http);

// The answer to a body whose coding nobody here reads: 415, with the codings that are.
net::HttpResponse UnreadableCoding(const Status& status);

}  // namespace trireme::kserve
