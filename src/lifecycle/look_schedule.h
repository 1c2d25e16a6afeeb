// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace trireme {

struct LookTimes {
  Duration poll = std::chrono::seconds(2);           // between two looks where nobody tells of changes
  Duration settle = std::chrono::milliseconds(200);  // without changes before a look, and between two looks
  Duration patience = std::chrono::seconds(2);       // changes without a pause put a look off for no longer
  Duration rare = std::chrono::seconds(30);          // between two looks where every change is told of, all the same
};

// When the repositories are looked at: soon after a change, once things are quiet; soon again if that look saw
// something new; else rarely. Pure: time is an argument. Not thread-safe.
class LookSchedule {
 public:
  struct Looked {
    bool watched = false;        // changes are told of
    bool settled = false;        // this look saw nothing that another one must confirm
    TimePoint look_by = kNever;  // something changes then without being told of
  };

  // As if there had been a look now.
  LookSchedule(const LookTimes& times, TimePoint now, bool watched) : times_(times) {
    HasLooked(now, {.watched = watched, .settled = true});
  }

  void HasChanged(TimePoint now);
  void HasLooked(TimePoint now, const Looked& look);

  TimePoint next() const { return next_; }

 private:
  const LookTimes times_;
  TimePoint latest_;
  TimePoint next_;
  std::optional<TimePoint> first_change_;  // since the last look
};

}  // namespace trireme
