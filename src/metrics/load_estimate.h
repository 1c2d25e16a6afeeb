// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"

namespace trireme::metrics {

// What a model was asked so far, and what that took. None of it ever falls.
struct WorkTotals {
  uint64_t came = 0;        // requests to be run, those that were turned away or gave up included
  uint64_t run = 0;         // those that were
  Duration run_time{0};     // of the model, times the threads of each run
  Duration around_time{0};  // of an instance, to join what goes in and to split what comes out
  Duration on_loops{0};     // what event loops did of both, where runs are short
  // Of some runs: what they took, and what their rows would have in the batches of a server that is full.
  Duration as_run{0};
  Duration when_full{0};
};

// How many processors would be busy all the time if everything were run that comes: the rate of requests, times what
// one takes, in the batches of a server that is full. A pure value: time is an argument.
//
// It follows with a time constant of 5 s: a step in load is there by 95 % after 15 s, from one side. Of requests that
// nobody runs any more, it is known what they took when they were.
class DemandEstimate {
 public:
  // What was before `totals` is no demand of now.
  DemandEstimate(const WorkTotals& totals, TimePoint now) : last_(totals), at_(now) {}

  // At any pace; about once a second is often enough. A clock that stands still or goes back tells nothing.
  void Update(const WorkTotals& totals, TimePoint now);

  double processors() const { return came_rate_ * cost_ * saving_; }

 private:
  WorkTotals last_;
  TimePoint at_;
  double came_rate_ = 0;  // a second
  double run_rate_ = 0;   // the same
  double busy_ = 0;       // processor-seconds a second
  double cost_ = 0;       // processor-seconds of a request, as it is run now
  double as_run_ = 0;     // as the totals, a second
  double when_full_ = 0;  // the same
  double saving_ = 1;     // when_full_ by as_run_
};

// A model's demand, against what it may have.
struct ModelDemand {
  double processors = 0;       // wanted
  double most_processors = 1;  // that its runs together can keep busy: instances x threads
  // The share of these at which its goal is still met, above 0 to 1.
  double allowed_utilisation = 1;
  bool on_processors = true;  // false: on another device, which the processors do nothing for
};

// 1: it is asked for all that its goal allows; above: for more. On so many processors.
double LoadRatio(const ModelDemand& model, int processors);

// The same of a server: that of the processors that its models share, of which `connections` are busy with reading and
// writing these; or of the model that is worst off, which has too few instances, or another device.
double LoadRatio(std::span<const ModelDemand> models, int processors, double connections = 0);

// What part of this server, or how many of it, there should be for its load: replicas are full at this ratio, which
// leaves room for what comes until there is another one. The sum over all replicas, rounded up, is their number.
inline constexpr double kTargetLoadRatio = 0.8;
inline double ReplicasWanted(double load_ratio) {
  return load_ratio / kTargetLoadRatio;
}

}  // namespace trireme::metrics
