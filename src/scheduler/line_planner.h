// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "model/service_goal.h"
#include "scheduler/arrival_rate.h"
#include "scheduler/batch_queue.h"
#include "scheduler/goal_keeper.h"
#include "scheduler/goal_policy.h"
#include "scheduler/processors.h"
#include "scheduler/run_times.h"

namespace trireme {

// All that a line knows and decides: who waits, how long runs take, what can be promised to one who comes, what is run
// next and with how many rows and processors. Time is an argument and there are no threads here: the line calls it
// under its lock, and a simulation with a clock of its own.
//
// Not thread-safe.
class LinePlanner {
 public:
  struct Options {
    BatchRules rules;
    std::optional<ServiceGoal> goal = {};
    int instances = 1;   // runs at the same time, at most
    int processors = 1;  // that a wide run has
  };

  explicit LinePlanner(Options options);

  const Options& options() const { return options_; }
  BatchQueue& queue() { return queue_; }
  const BatchQueue& queue() const { return queue_; }

  // A run seen before the first request.
  void Learn(const RunSize& size, Duration took) { times_.Learn(size, took); }

  // There is a model that runs with all processors, and how long it took for a row.
  void HaveWide() { has_wide_ = true; }
  bool has_wide() const { return has_wide_; }

  // Into the line.
  void Push(RequestPtr request);

  // A request has come, whatever becomes of it; `company`: others that it found, waiting or being run.
  void Arrived(const InferRequest& request, double company, TimePoint now);

  // Whether something is promised to this request, so that Expect() has to be asked.
  bool Promises(const InferRequest& request) const { return options_.goal || request.deadline != kNever; }

  // What a request may expect that comes now.
  struct Expectation {
    TimePoint predicted;           // its answer; the epoch: nobody knows
    TimePoint at_most;             // the same, if its run takes as long as nine in ten do at most
    TimePoint latest = kNever;     // when it would be too late
    bool is_refused = false;       // it would be
    bool is_own_deadline = false;  // and that is the client's, not the goal's
    Duration one_run{0};           // how long a run takes
  };
  Expectation Expect(const InferRequest& request, const Processors::View& processors, TimePoint now) const;

  // Lets batches be as large as their goal allows, at once: of a line that would have to refuse somebody, however few
  // came before. Whether they may be larger than they could.
  bool Grow(TimePoint now);

  // What begins now: a run with its place, or requests to be answered without one; or neither, because nothing is due
  // or no place is free. Then one was asked for; and while nothing is due none is asked for or held.
  struct Begun {
    Taken taken;
    std::optional<Processors::Place> place;  // if there is a batch
    Processors::Grants grants;               // to be notified
    bool awaits_place = false;               // one was asked for, and is told to the member
  };
  Begun Begin(Processors& processors, Processors::Member& member, TimePoint now, bool flush);

  // For a run without a place: on a loop.
  Taken TakeInline(TimePoint now, const std::function<bool(int64_t rows, size_t bytes)>& may_take);

  // A run has ended.
  void Ran(const RunSize& size, Duration took, TimePoint now);

  // What the next run needs; nothing: none is due.
  std::optional<Processors::Wish> NextWish(TimePoint now) const;

  // When something will be due if nothing more arrives; kNever if nobody waits.
  TimePoint NextDue() const { return queue_.NextDue(DelayedRun()); }

  // Whether Arrived() is of use when nothing is promised.
  bool NotesArrivals() const { return has_wide_ || options_.goal.has_value(); }

  // In words, for its client: of one that is refused.
  Status WhyRefused(const std::string& model, const InferRequest& request, const Expectation& expectation) const;

  // How its requests fared.
  struct Fared {
    TimePoint received;
    TimePoint predicted;  // as Stages
    TimePoint answered;
    TimePoint deadline = kNever;
  };
  // Whether it was late: a run in vain.
  bool Answered(const Fared& fared);

  std::optional<RunTimes::Estimate> Expected(const RunSize& size) const { return times_.Expected(size); }

  // What it goes by now, for people and for metrics.
  struct Account {
    std::optional<ServiceGoal> goal;
    double margin = 1;      // of the goal's time that is promised
    double late_share = 0;  // of the answers lately
    Arrangement arrangement = Arrangement::kNarrow;
    bool has_wide = false;
    double company = 0;
    int64_t batch_rows = 1;      // at most
    double rows_per_second = 0;  // that arrive
    int instances = 1;
    double allowed_utilisation = 1;  // of these, as Capacity
    uint64_t runs = 0;
    uint64_t late_answers = 0;  // past the goal or their deadlines: runs in vain
    uint64_t refused = 0;       // by prediction
    double error_p90 = 0;       // of predictions, as a share of the time that it took
    std::vector<RunTimes::Seen> times;
  };
  Account account(TimePoint now) const;

  // What it can do while all its answers are in time.
  struct Capacity {
    double utilisation = 1;  // of its instances, on average
    // Of processors, that runs have taken since it began; and that their rows would have in the batches of a line that
    // has as much to do as it can. Of one run in several. Neither ever falls.
    Duration as_run{0};
    Duration when_full{0};
  };
  Capacity capacity() const;

  // A request was refused because it would have been late.
  void Refused(TimePoint now) {
    ++refused_;
    last_refused_ = now;
  }

 private:
  Duration OneRun(int64_t rows, size_t bytes) const;
  std::optional<Duration> RunBefore(int64_t batch, size_t row_bytes) const;
  Arrangement Prefer(Duration budget, TimePoint now) const;
  Duration DelayedRun() const;
  TimePoint DelayEnds(int64_t rows, TimePoint latest_start, TimePoint now) const;
  Processors::Wish WishFor(Arrangement arrangement) const;
  bool MustBeWide() const;
  bool GivesUpLate(TimePoint now) const;
  int64_t RowsFor(double rows_per_second, int64_t now) const;
  void ChooseRows(TimePoint now);
  void CountRun(const RunSize& size);
  FullUse FullUseOf(size_t row_bytes) const;

  const Options options_;
  BatchQueue queue_;
  RunTimes times_;
  GoalKeeper goal_;
  ArrivalRate arrivals_;
  bool has_wide_ = false;
  Arrangement arrangement_ = Arrangement::kWide;  // if there is one: nobody has come yet
  double company_ = 0;
  size_t row_bytes_ = 0;  // of the last request
  int64_t batch_rows_;
  bool left_others_ = false;  // the last run that was begun, waiting
  Duration as_run_{0};        // as Capacity
  Duration when_full_{0};
  uint64_t runs_ = 0;
  uint64_t late_answers_ = 0;
  uint64_t refused_ = 0;
  double error_p90_ = 0;
  TimePoint last_run_;
  TimePoint last_wide_;     // the epoch: never
  TimePoint last_refused_;  // the epoch: never
  TimePoint last_grown_;    // the same
};

}  // namespace trireme
