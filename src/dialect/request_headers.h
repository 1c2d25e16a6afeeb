// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/infer_request.h"
#include "net/http_message.h"

namespace trireme {

// The value of the first header of this name (given in lower case); empty: there is none. As good as the request.
inline std::string_view HeaderOf(const net::HttpRequest& http, std::string_view lower_case_name) {
  const std::string_view* const value = http.Find(lower_case_name);
  return value == nullptr ? std::string_view() : *value;
}

// What a request says of the trace that it belongs to.
inline TraceContext TraceOf(const net::HttpRequest& http) {
  return {.traceparent = std::string(HeaderOf(http, "traceparent")),
          .tracestate = std::string(HeaderOf(http, "tracestate"))};
}

}  // namespace trireme
