// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "net/http_handler.h"
#include "net/http_message.h"

namespace trireme {

inline constexpr uint64_t kMaxSmallBodyBytes = 64 << 10;

// For a Route's plan_body: of paths that are asked seldom and in few words, which models are to be served and how. More
// is refused before it is read.
inline net::BodyPlan PlanSmallBody(const net::HttpRequest& /*head*/) {
  return {.max_bytes = kMaxSmallBodyBytes};
}

}  // namespace trireme
