// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/http_connection.h"
#include "client/http_response_parser.h"
#include "client/tls_client.h"
#include "client/url.h"

namespace trireme::client {

struct HttpCall {
  std::string method = "GET";
  Url url;
  HttpHeaders headers = {};
  std::string_view body_begin = {};                  // sent first
  std::span<const std::string_view> body_rest = {};  // then these
  std::chrono::milliseconds timeout{10'000};         // for all of it; looking up a name is not counted
  ResponseLimits limits = {};
  std::shared_ptr<const TlsClient> tls = nullptr;  // for https; shared with other calls
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The first header of this name, in any case, or nothing.
  std::optional<std::string_view> Find(std::string_view name) const;
};

// One request on a connection of its own, for programs that may wait. Any status is an answer; errors are kUnavailable
// (no connection, or lost), kDeadlineExceeded, kInvalidArgument (not HTTP), kTooLarge, and name the server.
// Thread-safe.
Result<HttpAnswer> Call(const HttpCall& call);

}  // namespace trireme::client
