// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace trireme::net {

// A place in a ring of timers.
struct TimerLink {
  TimerLink* previous = nullptr;
  TimerLink* next = nullptr;
};

// What is told when its deadline has passed. Leaves its wheel when destroyed.
class Timer : private TimerLink {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() { Unlink(); }

  virtual void OnDeadline(TimePoint now) = 0;

 private:
  friend class TimerWheel;
  bool linked() const { return next != nullptr; }
  void Unlink();

  TimePoint deadline_ = kNever;
  int64_t tick_ = 0;  // when the wheel looks at it; meaningful while linked
};

// The deadlines of a loop's connections: coarse, and nearly free to move.
//
// A deadline that moves away costs two stores: the timer stays in its slot, and when the slot comes round it is put
// where it belongs by then. So a connection may set a deadline at every step of a request. A timer fires at its
// deadline or up to one tick later, never earlier.
//
// Not thread-safe.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{64};
  static constexpr int64_t kSlots = 2048;  // 131 s a turn; what is farther away is looked at once a turn

  explicit TimerWheel(TimePoint now);

  // Calls timer.OnDeadline() once when `deadline` has passed; replaces an earlier wish. kNever: not at all.
  void Set(Timer& timer, TimePoint deadline);

  // Calls what is due.
  void Advance(TimePoint now);

  // Advance() has nothing to do before; kNever if there is no timer.
  TimePoint next_look() const;

 private:
  static constexpr int64_t kNoTick = INT64_MAX;

  int64_t TickAtOrAfter(TimePoint time) const;
  void Link(Timer& timer);
  void Look(TimerLink& slot, TimePoint now);
  void LookAt(Timer& timer, TimePoint now);
  void FindEarliest();
  TimerLink& SlotOf(int64_t tick) { return slots_[static_cast<size_t>(tick % kSlots)]; }

  const TimePoint origin_;
  int64_t current_tick_ = 0;             // the slots up to this one have been looked at
  int64_t earliest_tick_ = kNoTick;      // no timer is linked before it
  std::array<TimerLink, kSlots> slots_;  // each the head of a ring
};

}  // namespace trireme::net
