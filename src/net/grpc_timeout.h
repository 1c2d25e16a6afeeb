// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace trireme::net {

// The value of a grpc-timeout header: 1 to 8 digits and a unit, one of H M S m u n. What is longer than a Duration can
// hold (292 years) is as long as it can. kInvalidArgument: anything else.
Result<Duration> ParseGrpcTimeout(std::string_view value);

// When it has passed; kNever if that is beyond what a TimePoint can say.
TimePoint DeadlineAfter(TimePoint now, Duration timeout);

}  // namespace trireme::net
