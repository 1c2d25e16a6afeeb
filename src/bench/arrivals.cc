// SPDX-License-Identifier: Apache-2.0
#include "bench/arrivals.h"

#include <chrono>
#include <cmath>

namespace trireme::bench {

ArrivalTimes::ArrivalTimes(Arrivals arrivals, double per_second, uint64_t seed)
    : arrivals_(arrivals), per_second_(per_second), random_(seed) {}

Duration ArrivalTimes::Next() {
  if (arrivals_ == Arrivals::kConstant) {
    // From the count, so that rounding does not add up.
    seconds_ = static_cast<double>(count_++) / per_second_;
  } else {
    // Not std::exponential_distribution: what it gives for a seed is the library's choice.
    const double unit = static_cast<double>(random_() >> 11) * 0x1p-53;
    seconds_ += -std::log1p(-unit) / per_second_;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds_));
}

}  // namespace trireme::bench
