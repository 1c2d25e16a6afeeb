// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/look_schedule.h"

#include <algorithm>

namespace trireme {

void LookSchedule::HasChanged(TimePoint now) {
  if (!first_change_) first_change_ = now;
  next_ = std::min({latest_, now + times_.settle, *first_change_ + times_.patience});
}

void LookSchedule::HasLooked(TimePoint now, const Looked& look) {
  first_change_.reset();
  const Duration rest = look.settled ? std::max(times_.rare, times_.poll) : times_.settle;
  latest_ = std::min(now + (look.watched ? rest : times_.poll), look.look_by);
  next_ = latest_;
}

}  // namespace trireme
