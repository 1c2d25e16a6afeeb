// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace trireme {

// What somebody promises the users of a model (a service level objective): of all its answers this share comes within
// this time, counted from a request's last byte to its answer.
struct ServiceGoal {
  double quantile = 0.99;  // 0.5 to 0.9999
  Duration latency{0};     // 10 us to an hour

  bool operator==(const ServiceGoal&) const = default;
};

// "p99=100ms", "p50=2s", "p99.9=1500us". kInvalidArgument says what was expected and found; whoever knows where the
// text came from puts that in front.
Result<ServiceGoal> ParseServiceGoal(std::string_view text);

// As it is parsed.
std::string ToString(const ServiceGoal& goal);

}  // namespace trireme
