// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/usage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace trireme {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kHalfLife{600};

// Of a request an hour ago, as a rate: far below any that was counted.
constexpr double kTrace = 1e-9;

}  // namespace

double Usage::Decayed(TimePoint now) const {
  return recent_ * std::exp2(-Seconds(now - updated_) / kHalfLife);
}

void Usage::Update(uint64_t requests, TimePoint now) {
  recent_ = Decayed(now);
  updated_ = now;
  if (requests == counted_) return;
  recent_ += static_cast<double>(requests - counted_);
  counted_ = requests;
  last_used_ = now;
}

double Usage::Popularity(TimePoint now) const {
  const double idle_hours = Seconds(now - last_used_).count() / 3600;
  return Decayed(now) * std::numbers::ln2 / kHalfLife.count() + kTrace / (1 + std::max(0.0, idle_hours));
}

double Usage::ValueOf(Duration load_took, uint64_t bytes, TimePoint now) const {
  // Loads that take no time that could be measured are not worthless all the same.
  const double seconds = std::max(Seconds(load_took).count(), 1e-3);
  return Popularity(now) * seconds / static_cast<double>(std::max<uint64_t>(bytes, 1));
}

}  // namespace trireme
