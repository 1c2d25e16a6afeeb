// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.h"

namespace trireme {

// An event loop, seen from outside: a thread that runs tasks between its sockets.
class Executor {
 public:
  virtual ~Executor() = default;

  // Hands a task over; runs it on the loop's thread, in order. One wake-up for a burst. Thread-safe. On that thread:
  // runs it in this turn, when what has arrived has been read, or, if it is a task already that posts, in the next.
  virtual void Post(Task* task) = 0;

  // Whether the calling thread is the loop's.
  virtual bool OnThread() const = 0;
};

}  // namespace trireme
