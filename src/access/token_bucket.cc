// SPDX-License-Identifier: Apache-2.0
#include "access/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace trireme {
namespace {

// Threads ask the clock before they come here, so that their times come in another order; what goes back further was
// set back.
constexpr std::chrono::seconds kReordered{1};

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

TokenBucket::TokenBucket(double per_second, double most, TimePoint now)
    : per_second_(per_second), most_(per_second > 0 ? most : 0), level_(most_), filled_at_(now) {}

void TokenBucket::Refill(TimePoint now) {
  if (now <= filled_at_) {
    if (filled_at_ - now > kReordered) filled_at_ = now;
    return;
  }
  level_ = std::min(most_, level_ + per_second_ * Seconds(now - filled_at_));
  filled_at_ = now;
}

bool TokenBucket::Has(double amount, TimePoint now) {
  Refill(now);
  return per_second_ > 0 && level_ >= std::min(amount, most_);
}

void TokenBucket::Take(double amount) {
  const double least = -per_second_ * Seconds(kLongestDebt);
  level_ = std::clamp(level_ - amount, least, most_);
}

Duration TokenBucket::Until(double amount, TimePoint now) {
  if (per_second_ <= 0 || Has(amount, now)) return Duration(0);
  // Of the slowest rates a day is as good as never, and fits.
  constexpr double kMostSeconds = 86'400;
  const double seconds = std::min((std::min(amount, most_) - level_) / per_second_, kMostSeconds);
  return Duration(static_cast<Duration::rep>(std::ceil(seconds * 1e9)));
}

bool TokenBucket::IsFull(TimePoint now) {
  Refill(now);
  return level_ >= most_;
}

}  // namespace trireme
