// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace trireme {

// How often a version is asked for, and when last: what it is worth to keep it in memory. It is told now and then how
// many requests there have been. A value; time is an argument.
class Usage {
 public:
  void Update(uint64_t requests, TimePoint now);

  // Somebody uses it at this moment.
  void Touch(TimePoint now) { last_used_ = now; }

  // The epoch: never.
  TimePoint last_used() const { return last_used_; }

  // Requests a second, where those of ten minutes ago count half. Of two that nobody has asked for in a long time, the
  // one used last is a little more popular.
  double Popularity(TimePoint now) const;

  // Seconds of loading that it saves to keep it, a second and byte.
  double ValueOf(Duration load_took, uint64_t bytes, TimePoint now) const;

 private:
  double Decayed(TimePoint now) const;

  uint64_t counted_ = 0;
  double recent_ = 0;  // requests, decayed to `updated_`
  TimePoint updated_{};
  TimePoint last_used_{};
};

}  // namespace trireme
