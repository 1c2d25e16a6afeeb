// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/service_goal.h"
#include "scheduler/run_times.h"

namespace trireme::simulation {

// How long a run takes on one processor (kNarrow), or on all of them (kWide).
struct RunTimeCurve {
  std::function<Duration(int64_t rows)> narrow;
  std::function<Duration(int64_t rows)> wide;  // none: it has no such arrangement
  double spread = 0.03;                        // of single runs: standard deviation as a share
  double vary = 1;  // the longest run by the shortest, where that depends on what is in a request
};

// Requests of one row, a second, at a time since the beginning.
using Rate = std::function<double(Duration since)>;

// A model with what is asked of it.
struct Traffic {
  std::string name;
  RunTimeCurve curve;
  ServiceGoal goal;
  Rate rate;
  double weight = 1;
  int64_t max_rows = 32;
  // How wide a request's input is, one as likely as another: a run takes so many times as long, and those of different
  // widths share none.
  std::vector<int64_t> widths = {1};
};

// A server as others are: set by hand, and never looking at a deadline.
struct FixedSetting {
  int64_t batch = 1;
  Duration delay{0};
  int callers = 1;
  int threads = 1;  // 1, or all
};

struct Rules {
  int processors = 2;
  Duration length{std::chrono::seconds(180)};
  Duration measured_from{std::chrono::seconds(120)};
  uint64_t seed = 1;
  // Of every model; nothing: the scheduler decides.
  std::optional<FixedSetting> fixed = {};
  bool has_goals = true;  // the scheduler is told the goals
  // How far the scheduler's clock is ahead, by the time since the beginning; nothing: it is right.
  std::function<Duration(Duration since)> clock_error = nullptr;
};

// What became of the requests that came while it was measured.
struct Outcome {
  uint64_t arrived = 0;
  uint64_t in_time = 0;
  uint64_t late = 0;     // run, and answered too late
  uint64_t refused = 0;  // at once, or given up without a run
  double seconds = 0;
  Duration p50{0}, p99{0};  // of those answered
  double error_p90 = 0;     // of predictions
  double busy = 0;          // share of all processors, by this model
  double load = 0;          // what came since the beginning, by what the scheduler says it can do; 0: it had no say
  uint64_t changes = 0;     // of batch size, arrangement: how restless it is
  uint64_t swings = 0;      // of the arrangement alone
  double least_margin = 1, most_margin = 1;

  double goodput() const { return seconds > 0 ? static_cast<double>(in_time) / seconds : 0; }
};

// Runs the scheduler's own decisions (LinePlanner, Processors) on a clock of their own: events only, no wall clock and
// no threads. The same seed gives the same outcome.
std::vector<Outcome> Simulate(const std::vector<Traffic>& traffic, const Rules& rules);

}  // namespace trireme::simulation
