// SPDX-License-Identifier: Apache-2.0
#include "server/deadline_of.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/excerpt.h"
#include "net/grpc_timeout.h"
#include "net/http_chars.h"

namespace trireme {
namespace {

constexpr std::string_view kGrpcTimeout = "grpc-timeout";
constexpr std::string_view kEnvoyTimeout = "x-envoy-expected-rq-timeout-ms";

Result<Duration> ParseEnvoyTimeout(std::string_view value) {
  constexpr size_t kMostDigits = 12;  // 31 years
  uint64_t milliseconds = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, milliseconds);
  if (value.size() > kMostDigits || error != std::errc() || rest != end) {
    return InvalidArgument("header " + std::string(kEnvoyTimeout) + ": expected 1 to 12 digits, milliseconds, found " +
                           Excerpt(value));
  }
  if (milliseconds == 0) return Duration::max();
  return Duration(std::chrono::milliseconds(milliseconds));
}

}  // namespace

Result<Duration> TimeoutOf(Operation operation, const net::HttpRequest& head) {
  Duration shortest = Duration::max();
  if (operation != Operation::kInfer) return shortest;
  for (const net::HttpHeader& header : head.headers) {
    if (net::EqualsIgnoringCase(header.name, kGrpcTimeout)) {
      Result<Duration> timeout = net::ParseGrpcTimeout(header.value);
      if (!timeout.ok()) return InvalidArgument("header " + timeout.status().message());
      shortest = std::min(shortest, *timeout);
    } else if (net::EqualsIgnoringCase(header.name, kEnvoyTimeout)) {
      ASSIGN_OR_RETURN(const Duration timeout, ParseEnvoyTimeout(header.value));
      shortest = std::min(shortest, timeout);
    }
  }
  return shortest;
}

TimePoint DeadlineOf(Operation operation, const net::HttpRequest& request) {
  const Result<Duration> timeout = TimeoutOf(operation, request);
  return timeout.ok() ? net::DeadlineAfter(request.received, *timeout) : kNever;
}

}  // namespace trireme
