// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "base/clock.h"

namespace trireme::bench {

// When requests come that do not wait for answers.
enum class Arrivals : uint8_t {
  kPoisson,   // as from many people who know nothing of one another: gaps are exponentially distributed
  kConstant,  // one every 1/rate
};

// The intended times of requests, whatever becomes of them. The same seed gives the same times. Not thread-safe.
class ArrivalTimes {
 public:
  // `per_second` is above 0.
  ArrivalTimes(Arrivals arrivals, double per_second, uint64_t seed);

  // The next one, since the load began; not falling.
  Duration Next();

 private:
  const Arrivals arrivals_;
  const double per_second_;
  std::mt19937_64 random_;
  uint64_t count_ = 0;
  double seconds_ = 0;
};

}  // namespace trireme::bench
