// SPDX-License-Identifier: Apache-2.0
#include "scheduler/goal_keeper.h"

#include <algorithm>
#include <chrono>

namespace trireme {
namespace {

constexpr double kLeastMargin = 0.5;
constexpr double kStepDown = 0.01;
// Of late answers to those that the goal allows.
constexpr double kAim = 0.5;
constexpr double kMostHaste = 20;
// A late share of so many answers.
constexpr double kMemory = 1.0 / 512;
// Above one run, so that a request that is alone is never refused for a goal that just fails.
constexpr double kRoom = 1.25;
constexpr int kRunsInsteadOfGoal = 3;

}  // namespace

void GoalKeeper::Record(Duration latency) {
  if (!goal_) return;
  const bool late = latency > goal_->latency;
  late_share_ += kMemory * ((late ? 1.0 : 0.0) - late_share_);
  const double aim = (1 - goal_->quantile) * kAim;
  // The rarer late answers are of late, the sooner what a bad while has cost is back.
  const double haste = 1 + kMostHaste * std::max(0.0, 1 - late_share_ / aim);
  const double change = late ? -kStepDown : haste * kStepDown * aim / (1 - aim);
  margin_ = std::clamp(margin_ + change, kLeastMargin, 1.0);
}

Duration GoalKeeper::Budget(Duration one_run) const {
  if (!goal_) return Duration(0);
  if (one_run > goal_->latency) return kRunsInsteadOfGoal * one_run;
  const auto promised = std::chrono::duration_cast<Duration>(goal_->latency * margin_);
  return std::max(promised, std::chrono::duration_cast<Duration>(one_run * kRoom));
}

Duration GoalKeeper::Limit(Duration one_run) const {
  if (!goal_) return Duration(0);
  return one_run > goal_->latency ? kRunsInsteadOfGoal * one_run : goal_->latency;
}

}  // namespace trireme
