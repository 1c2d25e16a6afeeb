// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "scheduler/run_times.h"

namespace trireme {

// The processors that the runs of several lines share: never more threads run models than there are processors, and
// where lines compete each gets time in proportion to its weight. A line that is alone gets all.
//
// Start-time fair queueing (Goyal, Vin, Cheng 1996): a line's virtual time advances by what its runs took, divided by
// its weight, and a place that becomes free goes to the line of those that wait whose virtual time is the smallest. A
// line that did nothing for a while begins where the others are: it cannot save up.
//
// A run is never interrupted. So that a short one need not wait for the end of long ones, one run more than there are
// processors may begin if it takes at most a quarter of the time until a place is free.
//
// Time is an argument. Thread-safe, and calls nobody under its lock.
class Processors {
 public:
  class Member;

  explicit Processors(int count);
  Processors(const Processors&) = delete;
  Processors& operator=(const Processors&) = delete;

  int count() const { return count_; }

  // One that competes from now on. `granted` tells it that a place it asked for is held for it; it is called without
  // any lock of this class, on the thread that gave the place back. Weights are above 0.
  std::shared_ptr<Member> Join(double weight, std::function<void()> granted);

  // None of its runs is under way. When this returns, `granted` is not running and is not called again. Not under a
  // lock that `granted` takes.
  void Leave(Member& member, TimePoint now);

  // What a run holds while it runs.
  struct Place {
    Arrangement arrangement = Arrangement::kNarrow;
    int processor = -1;  // of a narrow run; -1: one that there is not (above)
    TimePoint began;
    Duration expected{0};
  };

  struct Wish {
    Arrangement arrangement = Arrangement::kNarrow;
    Duration expected{0};  // of the run; 0: not known
  };

  // A place if one is held for it, or is free and nobody waits for it. A wide one is given only if all processors are
  // free. With it an earlier ask is answered.
  std::optional<Place> TryTake(Member& member, const Wish& wish, TimePoint now);

  // The same; and if there is none, asks for one. A line asks for one at a time: while it waits, this asks no more.
  std::optional<Place> TakeOrAsk(Member& member, const Wish& wish, TimePoint now);

  // Whom to call Notify() on, with no lock held.
  using Grants = std::vector<std::shared_ptr<Member>>;

  // It has nothing to run: what it asked for is forgotten, and a place that is held for it goes to others.
  Grants Withdraw(Member& member, TimePoint now);

  // After a run. With `next` its line has another one, and asks for a place; if that is granted at once, it is held for
  // it (TryTake() gives it) and the line is not among those to be notified.
  Grants GiveBack(Member& member, const Place& place, TimePoint now, const std::optional<Wish>& next = {});

  static void Notify(const Grants& grants);

  // As a line sees them that is about to predict when a request would run.
  struct View {
    int count = 1;
    std::vector<TimePoint> free_at;  // of each processor, soonest first; now or before: it is free
    double share = 1;                // of them, that this line may count on
    int at_work = 0;                 // runs of all lines, and lines that wait for a place
  };
  View Look(const Member& member, TimePoint now) const;

  // Runs of all lines, and lines that wait: how busy it is, at less cost than Look().
  int at_work() const;

 private:
  struct Use {
    bool busy = false;
    TimePoint free_at;  // if it is, as expected
  };

  bool AllFree() const REQUIRES(mutex_);
  std::optional<int> FreeOne() const REQUIRES(mutex_);
  Place Occupy(Member& member, const Wish& wish, int processor, TimePoint now) REQUIRES(mutex_);
  bool IsExpress(const Wish& wish, TimePoint now) const REQUIRES(mutex_);
  void Activate(Member& member) REQUIRES(mutex_);
  void Charge(Member& member, Duration time, Arrangement arrangement) const REQUIRES(mutex_);
  std::optional<Place> TakeFree(Member& member, const Wish& wish, TimePoint now) REQUIRES(mutex_);
  void Ask(Member& member, const Wish& wish) REQUIRES(mutex_);
  void Forget(Member& member) REQUIRES(mutex_);
  void Free(Member& member, const Place& place, TimePoint now) REQUIRES(mutex_);
  void GrantWhatIsFree(TimePoint now, Grants& grants) REQUIRES(mutex_);

  const int count_;
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<Member>> members_ GUARDED_BY(mutex_);  // shared with their lines
  std::vector<Use> uses_ GUARDED_BY(mutex_);                         // of each processor
  bool express_ GUARDED_BY(mutex_) = false;                          // the one run more is under way
  int running_ GUARDED_BY(mutex_) = 0;
  int asking_ GUARDED_BY(mutex_) = 0;
  double virtual_time_ GUARDED_BY(mutex_) = 0;  // of the line that was served last
};

// Of one that Join() gave: nobody but Processors looks into it.
class Processors::Member {
 public:
  Member(double weight, std::function<void()> granted) : weight_(weight), granted_(std::move(granted)) {}

 private:
  friend class Processors;

  // Guarded by the lock of the processors.
  const double weight_;
  double virtual_time_ = 0;  // ns of a processor, divided by the weight
  int running_ = 0;
  std::optional<Wish> asks_;
  std::optional<Place> held_;  // granted, and not fetched yet

  Mutex calling_;  // held while `granted_` runs, so that Leave() can wait for that
  std::function<void()> granted_ GUARDED_BY(calling_);
};

}  // namespace trireme
