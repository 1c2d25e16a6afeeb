// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "model/service_goal.h"
#include "scheduler/processors.h"
#include "scheduler/run_times.h"

// What a line decides with a goal in mind: pure functions of what was measured.
namespace trireme {

// What is known when a batch size is chosen.
struct BatchChoice {
  int64_t max_rows = 1;        // that are allowed
  size_t row_bytes = 0;        // of a usual request
  double callers = 1;          // runs of this model at the same time
  Duration budget{0};          // from a request's arrival to its answer
  double rows_per_second = 0;  // that arrive; 0: not known
  int64_t now = 0;             // what was chosen before, and is kept unless another is clearly better; 0: nothing
};

// The rows of a batch with which most requests keep to the budget.
//
// With runs of b rows that take T(b), c at a time, b * c / T(b) rows a second are done. One that arrives waits for the
// next run to begin, which may be T(b) / c away, and then for its own: it is in time if it arrives within the last
// budget - T(b) of that. So of the rows that arrive this share can be in time, and the most that both allow is chosen,
// with room for twice the rows that arrive on average; of batches that give about the same the smallest.
int64_t BestRows(const RunTimes& times, const BatchChoice& choice);

// What stands before a request when it arrives.
struct Ahead {
  int64_t rows = 0;        // that wait before it
  int64_t batch_rows = 1;  // as they will be taken
  Duration batch_run{0};   // how long such a run takes
  int callers = 1;         // runs of this model at the same time, at most
};

// When its own run begins, as far as can be known: the runs before it go to the processors as these become free. Where
// other lines compete, the line has its share of them.
TimePoint PredictStart(const Ahead& ahead, const Processors::View& processors, TimePoint now);

// What is known when an arrangement is chosen.
struct ArrangementChoice {
  Duration narrow{0};       // a run of one request
  Duration narrow_most{0};  // that nine in ten take
  Duration wide{0};
  double company = 0;  // other requests that one finds when it arrives, on average
  Duration budget{0};  // from a request's arrival to its answer; 0: there is no goal
  Arrangement now = Arrangement::kNarrow;
};

// One request on all processors, or several side by side? While requests come alone the first answers sooner; with
// company the second does more in the same time, since two runs side by side waste less than one that is split. It
// changes at different degrees of company, so that it does not swing. A goal that only one of them can keep decides.
Arrangement ChooseArrangement(const ArrangementChoice& choice);

// How busy so many places may be on average, above 0 to 1, while the goal's share of requests is in time that come one
// by one and at random, and are run so many at a time.
//
// With runs of one length, one waits longer than t with a probability of about u exp(-2 (1 - u) t places rows / run)
// where the places are busy for the share u of the time (the heavy-traffic limit of an M/D/c queue, Kingman 1962; with
// batches, chance evens out over their rows): u is where this is what the goal allows for t = latency - run, less the
// time until the next batch begins. 1 where a run alone misses the goal: no u would do.
double AllowedUtilisation(Duration run, int64_t rows, int places, const ServiceGoal& goal);

// The batches that do the most in time, if as many requests come as can be: what a line is capable of.
struct FullUse {
  int64_t rows = 1;        // of a batch
  Duration run{0};         // of such a one; 0: nothing is known
  double utilisation = 1;  // of the places, on average
};
FullUse FindFullUse(const RunTimes& times, int64_t max_rows, size_t row_bytes, int places,
                    const std::optional<ServiceGoal>& goal);

}  // namespace trireme
