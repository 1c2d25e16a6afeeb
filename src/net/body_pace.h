// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "net/listener.h"

namespace trireme::net {

// How a request's body has come in so far.
struct BodyPace {
  TimePoint started;
  TimePoint last_progress;
  uint64_t bytes = 0;
};

// When it will have been too slow if nothing more comes: without progress for `stall_timeout`, or, once that long has
// passed since its start, below `min_body_bytes_per_second` on average.
TimePoint TooSlowAt(const BodyPace& pace, const HttpLimits& limits);

}  // namespace trireme::net
