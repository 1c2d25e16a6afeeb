// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/look_out.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trireme {
namespace {

constexpr std::chrono::milliseconds kRest{10};

TimePoint Now() {
  return Clock::System().Now();
}

}  // namespace

LookOut::LookOut(FolderWatch::Options options, const LookTimes& times, const Logger& log)
    : times_(times),
      watch_(std::move(options), log),
      schedule_(times, Now(), /*watched=*/true),
      next_check_(Now() + times.poll),
      next_renewal_(Now() + times.rare) {
  watch_.Renew(Now());
  HasLooked(/*settled=*/true);
}

TimePoint LookOut::next() const {
  const TimePoint next = std::min(schedule_.next(), next_check_);
  return resting_ ? std::min(next, rest_until_) : next;
}

void LookOut::LookSoon() {
  schedule_.HasChanged(Now());
}

bool LookOut::IsDue() {
  const TimePoint now = Now();
  if (!resting_ || now >= rest_until_) TakeEvents(now);
  if (now >= next_check_) CheckPlaces(now);
  if (now < schedule_.next()) return false;
  TakeEvents(now);
  CheckPlaces(now);
  RenewIfDue(now);
  return true;
}

void LookOut::TakeEvents(TimePoint now) {
  const bool saw = watch_.sees();
  resting_ = watch_.TakeEvents(now);
  rest_until_ = now + kRest;
  if (resting_ || saw != watch_.sees()) schedule_.HasChanged(now);
}

void LookOut::CheckPlaces(TimePoint now) {
  next_check_ = now + times_.poll;
  if (watch_.CheckPlaces(now)) schedule_.HasChanged(now);
}

// For what nobody told of all the same; and perhaps what could not be watched now can.
void LookOut::RenewIfDue(TimePoint now) {
  if (now < next_renewal_) return;
  next_renewal_ = now + times_.rare;
  watch_.Renew(now);
}

std::vector<std::filesystem::path> LookOut::BeingWritten() const {
  return watch_.being_written().At(Now());
}

void LookOut::HasLooked(bool settled) {
  const TimePoint now = Now();
  schedule_.HasLooked(now,
                      {.watched = watch_.sees(), .settled = settled, .look_by = watch_.being_written().NextEnd(now)});
}

}  // namespace trireme
