// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "lifecycle/look_schedule.h"
#include "repository/folder_watch.h"

namespace trireme {

// Says when a look at the repositories is due: after a change where the kernel tells of changes, else from time to
// time; and which files are being written meanwhile. Not thread-safe.
//
// Its owner waits until next(), or until descriptor() can be read, and then asks IsDue().
class LookOut {
 public:
  // Begins to watch: what changes from here on will be seen.
  LookOut(FolderWatch::Options options, const LookTimes& times, const Logger& log);

  TimePoint next() const;
  int descriptor() const { return resting_ ? -1 : watch_.descriptor(); }

  // As if something had changed: a look is due once things are quiet.
  void LookSoon();

  // Whether to look now. What happens after this returns is told of again.
  bool IsDue();

  // Files that somebody has open and has written to: what they belong to is not whole yet.
  std::vector<std::filesystem::path> BeingWritten() const;

  // There was a look. `settled`: it saw nothing new.
  void HasLooked(bool settled);

 private:
  void TakeEvents(TimePoint now);
  void CheckPlaces(TimePoint now);
  void RenewIfDue(TimePoint now);

  const LookTimes times_;
  FolderWatch watch_;
  LookSchedule schedule_;
  TimePoint next_check_;
  TimePoint next_renewal_;
  // Where much happens it is not heard one by one: after some events nobody listens for a moment.
  bool resting_ = false;
  TimePoint rest_until_;
};

}  // namespace trireme
