// SPDX-License-Identifier: Apache-2.0
#include "client/http_client.h"

#include <poll.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"

namespace trireme::client {
namespace {

// False once `deadline` has passed.
bool WaitUntilReady(const HttpConnection& connection, TimePoint deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::System().Now());
  if (left.count() <= 0) return false;
  pollfd ready = {.fd = connection.fd(), .events = POLLIN, .revents = 0};
  if (connection.WantsWrite()) ready.events |= POLLOUT;
  // A signal ends the wait early: the caller drives in vain and comes back.
  poll(&ready, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  return true;
}

HttpAnswer MakeAnswer(const HttpResponseParser& response, std::string body) {
  HttpAnswer answer{.status = response.status(), .headers = {}, .body = std::move(body)};
  for (const auto& [name, value] : response.headers()) answer.headers.emplace_back(name, value);
  return answer;
}

Result<HttpAnswer> CallOn(HttpConnection& connection, const HttpCall& call) {
  const TimePoint deadline = Clock::System().Now() + call.timeout;
  const PreparedRequest request = Prepare(call.method, call.url, call.headers, call.body_begin, call.body_rest);
  ASSIGN_OR_RETURN(const Endpoint endpoint, Resolve(call.url, call.tls));
  RETURN_IF_ERROR(connection.Open(endpoint));
  std::string body;
  std::array<char, 64 << 10> scratch;
  auto progress = connection.Start(request, &body);
  while (progress == HttpConnection::Progress::kWaiting) {
    if (!WaitUntilReady(connection, deadline)) {
      return DeadlineExceeded("no answer within " + std::to_string(call.timeout.count()) + " ms");
    }
    progress = connection.Drive(scratch);
  }
  if (progress == HttpConnection::Progress::kFailed) return connection.error();
  return MakeAnswer(connection.response(), std::move(body));
}

}  // namespace

std::optional<std::string_view> HttpAnswer::Find(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (header.size() == name.size() && strncasecmp(header.data(), name.data(), name.size()) == 0) return value;
  }
  return std::nullopt;
}

Result<HttpAnswer> Call(const HttpCall& call) {
  HttpConnection connection(call.limits);
  Result<HttpAnswer> answer = CallOn(connection, call);
  if (answer.ok()) return answer;
  return std::move(answer).status().Within(call.method + " " + call.url.Authority() + call.url.path);
}

}  // namespace trireme::client
