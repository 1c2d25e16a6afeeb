// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/service_goal.h"

namespace trireme::tune {

// What one load gave.
struct LoadPoint {
  // Requests came whatever became of those before, at the highest rate that keeps the goal (open loop); else so many
  // users each waited for an answer (closed loop).
  bool is_open = false;
  int users = 0;
  uint64_t answered = 0;  // with success
  uint64_t failed = 0;
  double per_second = 0;  // answered; of an open loop 0: no rate kept the goal
  Duration p50{0};
  Duration p99{0};
  Duration at_quantile{0};  // the goal's; without a goal the same as p99
  std::string failure;      // the first one's words

  bool operator==(const LoadPoint&) const = default;
};

// A candidate measured once: a server with its settings, from its start to its end.
struct Visit {
  int rung = 0;
  int round = 0;
  size_t candidate = 0;
  Duration window{0};  // of each load
  std::vector<LoadPoint> points;
  Duration start{0};    // until the server was ready
  Duration length{0};   // of all of it
  std::string failure;  // why it could not be measured; empty: it was

  bool operator==(const Visit&) const = default;
};

// Whether a load kept the goal. In a closed loop: all requests were answered with success, and enough of them in time.
bool Keeps(const LoadPoint& point, const std::optional<ServiceGoal>& goal);

// The best of the loads that kept the goal. Where some came in an open loop only these count: users who wait for one
// another are kinder to a server than people are. Null: none did.
const LoadPoint* BestOf(const Visit& visit, const std::optional<ServiceGoal>& goal);

// Requests a second of that; 0: none.
double ScoreOf(const Visit& visit, const std::optional<ServiceGoal>& goal);

// The load of the fewest users; null: there is none.
const LoadPoint* LightestOf(const Visit& visit);

// How many users are worth trying next, after what was tried so far; nothing: none. At first it grows from one,
// fourfold each time, to `most`, and ends where the goal is missed or more users bring no more answers; with the best
// number of a visit before, only that and its half and double are tried, beside a single user. Pure.
std::optional<int> NextUsers(const std::vector<LoadPoint>& points, int most, int best_before,
                             const std::optional<ServiceGoal>& goal);

}  // namespace trireme::tune
