// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "base/clock.h"

namespace trireme {

// How many come a second, lately: what came counts less by the factor e every `memory`. Clocks that jump back are
// clocks that stand still. Not thread-safe.
class ArrivalRate {
 public:
  explicit ArrivalRate(Duration memory = std::chrono::seconds(2)) : memory_(Seconds(memory)) {}

  void Count(double many, TimePoint now) {
    Decay(now);
    sum_ += many;
  }

  double PerSecond(TimePoint now) const {
    const double age = now > last_ ? Seconds(now - last_) : 0;
    return sum_ * std::exp(-age / memory_) / memory_;
  }

 private:
  static double Seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

  void Decay(TimePoint now) {
    if (now <= last_) return;
    if (sum_ > 0) sum_ *= std::exp(-Seconds(now - last_) / memory_);
    last_ = now;
  }

  const double memory_;  // seconds
  double sum_ = 0;
  TimePoint last_;
};

}  // namespace trireme
