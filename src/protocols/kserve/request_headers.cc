// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/request_headers.h"

#include <charconv>
#include <string>

#include "net/http_chars.h"
#include "protocols/kserve/http_status.h"
#include "wire/kserve/body.h"

namespace trireme::kserve {
namespace {

using net::EqualsIgnoringCase;

void ReadCoding(std::string_view value, bool& seen, RequestHeaders& headers) {
  if (seen) {
    headers.coding_error = Unsupported("Content-Encoding: expected once, found twice");
    return;
  }
  seen = true;
  if (const Result<ContentCoding> coding = ParseContentEncoding(value); coding.ok()) {
    headers.body = *coding;
  } else {
    headers.coding_error = coding.status();
  }
}

}  // namespace

size_t RequestHeaders::LikelyJsonBytes() const {
  size_t bytes = 0;
  if (json_length) std::from_chars(json_length->data(), json_length->data() + json_length->size(), bytes);
  return bytes;
}

RequestHeaders ReadRequestHeaders(const net::HttpRequest& http) {
  RequestHeaders headers;
  AcceptedCodings accepted;
  bool has_coding = false;
  bool has_accepted = false;
  for (const auto& [name, value] : http.headers) {
    if (EqualsIgnoringCase(name, "inference-header-content-length")) {
      if (headers.json_length) {
        headers.length_error = InvalidArgument(std::string(kHeaderLengthName) + ": expected once, found twice");
      }
      headers.json_length = value;
    } else if (EqualsIgnoringCase(name, "content-encoding")) {
      ReadCoding(value, has_coding, headers);
    } else if (EqualsIgnoringCase(name, "accept-encoding")) {
      has_accepted = true;
      accepted.Add(value);
    } else if (headers.traceparent.empty() && EqualsIgnoringCase(name, "traceparent")) {
      headers.traceparent = value;
    } else if (headers.tracestate.empty() && EqualsIgnoringCase(name, "tracestate")) {
      headers.tracestate = value;
    }
  }
  if (has_accepted) headers.answer = accepted.Best();
  return headers;
}

net::HttpResponse UnreadableCoding(const Status& status) {
  constexpr int kUnsupportedMediaType = 415;
  net::HttpResponse response = ErrorResponse(status);
  response.status = kUnsupportedMediaType;
  response.headers.emplace_back("Accept-Encoding", "gzip, deflate");
  return response;
}

}  // namespace trireme::kserve
