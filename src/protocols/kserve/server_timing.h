// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "model/stages.h"

namespace trireme::kserve {

// Where the time of an answered request went, as a Server-Timing header says it
// (https://www.w3.org/TR/server-timing/): "decode;dur=0.004, queue;dur=0.120, ..." in milliseconds. `encoded` is when
// the answer was ready to be sent. Empty for a request that never entered a line.
std::string ServerTiming(const Stages& stages, TimePoint encoded);

}  // namespace trireme::kserve
