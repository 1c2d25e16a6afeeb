// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/clock.h"
#include "tune/statistics.h"

namespace trireme::tune {

// Successive halving: every candidate is measured for a short time, the better half of them for longer, and so on until
// few are left. All pure.

inline constexpr size_t kFinalists = 3;  // who are measured in the last rung
inline constexpr size_t kFewest = 2;     // in any, however little time there is: one alone is compared with nobody
inline constexpr Duration kLeastWindow = std::chrono::milliseconds(200);  // of one load
inline constexpr Duration kMostWindow = std::chrono::seconds(5);
inline constexpr int kRounds = 2;      // of a rung: every candidate once, and then every one again
inline constexpr int kLastRounds = 4;  // of the last one, whose numbers are reported

// What a measurement of a candidate takes.
struct VisitCost {
  Duration start{0};      // of its server, until it is ready
  double loads = 1;       // how many windows follow, with their warm-up
  double last_loads = 1;  // the same in the last rung
};

// How a rung is measured.
struct RungPlan {
  size_t candidates = 0;  // of those that came to it; fewer than came: the time does not suffice for all
  int rounds = kRounds;
  Duration window{0};
  bool is_last = false;

  bool operator==(const RungPlan&) const = default;
};

// How the next rung makes use of the time that is left: each of those that follow gets as much. With less time than the
// shortest measurements need there are fewer rounds in the last rung, and then fewer candidates.
RungPlan PlanRung(size_t candidates, Duration time_left, const VisitCost& cost);

// How long the rung takes, and those behind it.
Duration TimeOf(const RungPlan& rung, const VisitCost& cost);

// How a candidate stands after a rung.
struct Standing {
  size_t candidate = 0;
  Interval score;       // higher is better; 0: it does not meet the goal
  Duration latency{0};  // of one request at a time; decides between equal scores
  bool has_failed = false;
};

// Who goes on after a rung, and who does not and why. Each list has the best first.
struct Cut {
  std::vector<size_t> kept;
  std::vector<size_t> worse;   // than the best, by more than chance explains
  std::vector<size_t> untold;  // not told apart from the best, and yet left, since the time allows for no more
  std::vector<size_t> failed;
};

// The best half at most, and none that is clearly worse than the best.
Cut CutToHalf(std::span<const Standing> standings);

// From best to worst, the failed at the end.
std::vector<Standing> Ranked(std::span<const Standing> standings);

}  // namespace trireme::tune
