// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/connection.h"
#include "net/file_descriptor.h"
#include "net/loop_executor.h"
#include "net/timer_wheel.h"

namespace trireme::net {

// One thread's epoll, tasks, timers and connections, taken in turns: sockets, tasks, connections that asked for
// attention, timers. A connection that is answered by several tasks of a turn is attended to, and so written to, once.
//
// Everything but executor() belongs to the loop's thread: the one that constructed it, until Run() or Turn() is called
// by another. A test calls Turn() itself and needs no thread.
class EventLoop {
 public:
  explicit EventLoop(const Clock& clock);
  ~EventLoop();  // cuts off what is left
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Turns until a task calls Quit(), then cuts off every connection.
  void Run();
  void Quit() { quitting_ = true; }

  // One turn. Waits for something to do no longer than the next timer, and not at all if `may_wait` is false.
  void Turn(bool may_wait);

  void Add(std::unique_ptr<Connection> connection);
  // `next` goes on where `old` stood, on the same socket, which `old` has given away; `old` is buried. `next` is told
  // `events`: all that `old` was told, and did not use up. Drained at once if the loop drains.
  void Replace(Connection& old, std::unique_ptr<Connection> next, uint32_t events);
  void Attend(Connection& connection);
  void Bury(Connection& connection);
  void Drain();  // what is added later is drained at once

  // Any thread; shared with the exchanges whose answers come through it.
  const std::shared_ptr<LoopExecutor>& executor() const { return executor_; }
  void Post(std::function<void()> job);  // any thread; for what is rare

  TimerWheel& timers() { return timers_; }
  const Clock& clock() const { return clock_; }
  TimePoint now() const { return now_; }  // when this turn began
  size_t connections() const { return connections_.size(); }

 private:
  int Wait(bool may_wait);
  int MillisecondsToWait() const;
  void AttendAll();
  void StopAttending(Connection& connection);
  void End();

  static constexpr int kMaxEvents = 256;

  const Clock& clock_;
  FileDescriptor epoll_;
  std::shared_ptr<LoopExecutor> executor_;  // shared: see LoopExecutor
  TimePoint now_;
  TimerWheel timers_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> buried_;  // until the end of the turn: events of it may still name them
  std::vector<Connection*> to_attend_;
  std::vector<Connection*> attending_;
  bool draining_ = false;
  bool quitting_ = false;
};

}  // namespace trireme::net
