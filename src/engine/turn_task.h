// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/status.h"

namespace trireme {

// What there is to do of a task, once it has been looked at.
struct TurnPlan {
  size_t turns = 0;       // 0: nothing, it ends
  size_t held_bytes = 0;  // memory from the first turn to the end, with what one turn takes
  size_t turn_bytes = 0;  // for each further turn that is done at the same time
  uint64_t effort = 0;    // of all turns, in a unit that all tasks share
};

// Something long that is done in turns, between which others have theirs, by one worker or by several at once.
//
// Prepare() comes first, once; then every turn once, as long as it is wanted, in order of their numbers but perhaps
// several at the same time; End() comes last, once, when nothing else of it is going on. So whoever waits for the task
// is told by End(), whatever happened. Each of the three may throw std::bad_alloc, which becomes Refuse(kOutOfMemory)
// (of End(), it is gone then, and what it owed it answers on its way).
class TurnTask {
 public:
  virtual ~TurnTask() = default;

  // Whether another turn would be of use to anybody. At any time, on any thread, under a lock: cheap. Once false,
  // always false.
  virtual bool IsWanted(TimePoint now) const = 0;

  virtual TurnPlan Prepare() = 0;
  virtual void Do(size_t turn) = 0;
  virtual void End() = 0;

  // It is not wanted any more, for this reason: kOutOfMemory or kOverloaded. Takes no memory.
  virtual void Refuse(StatusCode why) = 0;
};

}  // namespace trireme
