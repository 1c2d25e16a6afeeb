// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

namespace trireme {

// What may be taken of something that comes at a steady rate, and is kept up to a bound while nobody takes it.
//
// A pure value: time is an argument. A clock that is set back gives nothing twice, and takes nothing away for longer
// than it takes to fill an empty bucket; one that jumps ahead fills it, no more. Not thread-safe.
class TokenBucket {
 public:
  // Full at first. `most`: what is kept at most, above 0 unless `per_second` is 0, which gives nothing ever.
  TokenBucket(double per_second, double most, TimePoint now);

  // Whether so much is there, or as much as is ever kept.
  bool Has(double amount, TimePoint now);

  // Takes it, there or not: what is not there is owed, up to what comes in kLongestDebt. Less than nothing gives back.
  void Take(double amount);

  // Until Has(amount), if nobody takes anything; zero: it is there, or will never be.
  Duration Until(double amount, TimePoint now);

  bool IsFull(TimePoint now);

  // For who owes: whoever takes much before its price is known is not shut out for longer than this.
  static constexpr std::chrono::seconds kLongestDebt{10};

 private:
  void Refill(TimePoint now);

  double per_second_;
  double most_;
  double level_;
  TimePoint filled_at_;
};

}  // namespace trireme
