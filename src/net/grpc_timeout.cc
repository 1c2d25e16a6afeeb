// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_timeout.h"

#include <cstdint>

#include "net/http_error.h"

namespace trireme::net {
namespace {

using std::chrono::nanoseconds;

constexpr size_t kMostDigits = 8;

// Zero if there is no such unit.
nanoseconds UnitOf(char letter) {
  switch (letter) {
    case 'H':
      return std::chrono::hours(1);
    case 'M':
      return std::chrono::minutes(1);
    case 'S':
      return std::chrono::seconds(1);
    case 'm':
      return std::chrono::milliseconds(1);
    case 'u':
      return std::chrono::microseconds(1);
    case 'n':
      return nanoseconds(1);
    default:
      return nanoseconds(0);
  }
}

Status Wrong(std::string_view value) {
  return InvalidArgument("grpc-timeout: expected 1 to 8 digits and one of H M S m u n, got " + Quoted(value));
}

}  // namespace

Result<Duration> ParseGrpcTimeout(std::string_view value) {
  if (value.size() < 2 || value.size() > kMostDigits + 1) return Wrong(value);
  const nanoseconds unit = UnitOf(value.back());
  if (unit.count() == 0) return Wrong(value);
  int64_t number = 0;
  for (const char c : value.substr(0, value.size() - 1)) {
    if (c < '0' || c > '9') return Wrong(value);
    number = 10 * number + (c - '0');
  }
  if (number > Duration::max().count() / unit.count()) return Duration::max();
  return Duration(number * unit.count());
}

TimePoint DeadlineAfter(TimePoint now, Duration timeout) {
  return timeout >= kNever - now ? kNever : now + timeout;
}

}  // namespace trireme::net
