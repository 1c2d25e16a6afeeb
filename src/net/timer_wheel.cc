// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <algorithm>
#include <new>

namespace trireme::net {

void Timer::Unlink() {
  if (!linked()) return;
  previous->next = next;
  next->previous = previous;
  previous = next = nullptr;
}

TimerWheel::TimerWheel(TimePoint now) : origin_(now) {
  for (TimerLink& slot : slots_) slot.previous = slot.next = &slot;
}

void TimerWheel::Set(Timer& timer, TimePoint deadline) {
  timer.deadline_ = deadline;
  if (deadline == kNever) return;  // found out when its slot comes round
  if (timer.linked() && timer.tick_ <= TickAtOrAfter(deadline)) return;
  timer.Unlink();
  Link(timer);
}

int64_t TimerWheel::TickAtOrAfter(TimePoint time) const {
  const Duration since = time - origin_;
  return (since + kTick - Duration(1)) / kTick;
}

void TimerWheel::Link(Timer& timer) {
  timer.tick_ = std::clamp(TickAtOrAfter(timer.deadline_), current_tick_ + 1, current_tick_ + kSlots - 1);
  earliest_tick_ = std::min(earliest_tick_, timer.tick_);
  TimerLink& slot = SlotOf(timer.tick_);
  timer.previous = slot.previous;
  timer.next = &slot;
  slot.previous->next = &timer;
  slot.previous = &timer;
}

void TimerWheel::Advance(TimePoint now) {
  const int64_t now_tick = (now - origin_) / kTick;
  if (now_tick < earliest_tick_) return;
  const int64_t last = std::min(now_tick, current_tick_ + kSlots - 1);  // after a long pause: one turn sees every slot
  current_tick_ = now_tick;
  for (int64_t tick = earliest_tick_; tick <= last; ++tick) Look(SlotOf(tick), now);
  FindEarliest();
}

void TimerWheel::Look(TimerLink& slot, TimePoint now) {
  if (slot.next == &slot) return;
  // Out of the wheel first: a timer may be put back into this very slot, for the next turn.
  TimerLink due = slot;
  due.previous->next = due.next->previous = &due;
  slot.previous = slot.next = &slot;
  while (due.next != &due) {
    Timer& timer = *static_cast<Timer*>(due.next);
    timer.Unlink();
    LookAt(timer, now);
  }
}

void TimerWheel::LookAt(Timer& timer, TimePoint now) {
  if (timer.deadline_ == kNever) return;
  if (timer.deadline_ > now) {
    Link(timer);
    return;
  }
  timer.deadline_ = kNever;
  try {
    timer.OnDeadline(now);
  } catch (const std::bad_alloc&) {
    // It may have gone with it: whoever lives on sets its next deadline at its next step.
  }
}

void TimerWheel::FindEarliest() {
  earliest_tick_ = kNoTick;
  for (int64_t tick = current_tick_ + 1; tick < current_tick_ + kSlots; ++tick) {
    if (SlotOf(tick).next == &SlotOf(tick)) continue;
    earliest_tick_ = tick;
    return;
  }
}

TimePoint TimerWheel::next_look() const {
  return earliest_tick_ == kNoTick ? kNever : origin_ + earliest_tick_ * kTick;
}

}  // namespace trireme::net
