// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/clock.h"

namespace trireme {

// Whether there is processor time that nobody else wants. Thread-safe.
class IdleTime {
 public:
  // It was found to be next to nothing in the last five seconds.
  bool IsScarce() const;
  void FoundScarce();

  // Of this machine, as this process finds it.
  static IdleTime& OfProcess();

 private:
  std::atomic<Duration::rep> found_ = Duration::min().count() / 2;  // since the clock's epoch
};

struct QuietOptions {
  int niceness = 10;  // which share it has where idle time is not enough, or not to be had: setpriority(2)
  Duration look_every{std::chrono::milliseconds(100)};  // whether idle time is enough
  IdleTime& idle_time = IdleTime::OfProcess();
};

// Runs a job on a thread of its own that stands back for everybody else, and returns when it is done. The calling
// thread keeps its priority: without privileges a thread that gave it up could never get it back, and every thread that
// it starts would inherit that. What the job throws reaches the caller.
//
// The thread has the time that nobody else wants (SCHED_IDLE of sched(7)): whoever wakes up beside it runs at once,
// where a merely nice thread would keep its processor for milliseconds. If that time is next to nothing the thread goes
// on with the share of its niceness, so that the job ends under any load, and for some seconds whatever runs quietly
// has that from the beginning. A process that may not take a thread back from SCHED_IDLE (it has neither CAP_SYS_NICE
// nor a RLIMIT_NICE of 20 - niceness) always has it so.
void RunQuietly(const QuietOptions& options, const std::function<void()>& job);

// Whether a thread that wants to run, and had so much of a processor in so much time, must wait too long for it.
bool IsStarved(Duration had, Duration wall);

}  // namespace trireme
