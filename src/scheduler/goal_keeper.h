// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "model/service_goal.h"

namespace trireme {

// How much of a goal's time may be promised to a request that arrives, learned from how the answers kept to it.
//
// A promise is a prediction, and those miss now and then. Each answer that came too late makes the budget a little
// smaller, each one in time makes it larger by as much less as late ones are to be rarer (half as many as the goal
// allows), and by more of it while there are next to none. So it settles where that many are late, and is the whole of
// the goal's time while there are fewer. (Clipper finds batch sizes like this: additive increase, multiplicative
// decrease.)
//
// A pure function of what is recorded. Not thread-safe.
class GoalKeeper {
 public:
  explicit GoalKeeper(std::optional<ServiceGoal> goal) : goal_(goal) {}

  bool has_goal() const { return goal_.has_value(); }
  const std::optional<ServiceGoal>& goal() const { return goal_; }

  // An answer's time, from its request's last byte.
  void Record(Duration latency);

  // From a request's arrival to its answer, where a run of nobody else takes `one_run`: what is promised, but at least
  // a little more than that. Of a goal that is shorter than a run, and cannot be kept: three runs, since refusing
  // everybody would help nobody.
  Duration Budget(Duration one_run) const;

  // Past which an answer is worth less than those of others: the goal, or the three runs.
  Duration Limit(Duration one_run) const;

  // Of the goal's time.
  double margin() const { return margin_; }

  // The share of late answers lately.
  double late_share() const { return late_share_; }

 private:
  const std::optional<ServiceGoal> goal_;
  double margin_ = 1;
  double late_share_ = 0;
};

}  // namespace trireme
