// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/timer_wheel.h"

namespace trireme::net {

// What an event loop holds: a socket and whoever speaks on it. HTTP/1.1 is one implementation.
//
// Every function runs on the loop's thread. One that ends asks its loop to bury it (EventLoop::Bury); until the turn is
// over it may still be called, and does nothing.
class Connection : public Timer {
 public:
  virtual int fd() const = 0;

  // What became possible on the socket since the last call: EPOLLIN, EPOLLOUT, EPOLLRDHUP, ... Edge-triggered: it is
  // not told again.
  virtual void OnEvents(uint32_t events) = 0;

  // Once in a turn in which it was asked for (EventLoop::Attend).
  virtual void OnAttention() = 0;

  // Ends when it owes no answer, at once if it owes none.
  virtual void Drain() = 0;

  // Ends now.
  virtual void CutOff() = 0;

 private:
  friend class EventLoop;
  size_t place_ = 0;  // among the loop's connections
  bool attended_ = false;
};

}  // namespace trireme::net
