// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <algorithm>

namespace trireme::tune {
namespace {

size_t Half(size_t count) {
  return (count + 1) / 2;
}

// This rung and those behind it, if each leaves half.
int RungsFrom(size_t candidates) {
  int rungs = 1;
  for (; candidates > kFinalists; candidates = Half(candidates)) ++rungs;
  return rungs;
}

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

double LoadsOf(size_t candidates, const VisitCost& cost) {
  return candidates <= kFinalists ? cost.last_loads : cost.loads;
}

double VisitSeconds(size_t candidates, const VisitCost& cost, Duration window) {
  return Seconds(cost.start) + LoadsOf(candidates, cost) * Seconds(window);
}

int RoundsOf(size_t candidates) {
  return candidates <= kFinalists ? kLastRounds : kRounds;
}

double LeastSeconds(size_t candidates, int rounds, const VisitCost& cost) {
  return static_cast<double>(candidates) * rounds * VisitSeconds(candidates, cost, kLeastWindow);
}

bool IsBetter(const Standing& a, const Standing& b) {
  if (a.has_failed != b.has_failed) return b.has_failed;
  if (a.score.mean != b.score.mean) return a.score.mean > b.score.mean;
  return a.latency < b.latency;
}

}  // namespace

RungPlan PlanRung(size_t candidates, Duration time_left, const VisitCost& cost) {
  const auto share_of = [&](size_t count) { return Seconds(time_left) / RungsFrom(count); };
  size_t count = candidates;
  while (count > kFewest && LeastSeconds(count, kRounds, cost) > share_of(count)) --count;
  int rounds = RoundsOf(count);
  while (rounds > kRounds && LeastSeconds(count, rounds, cost) > share_of(count)) --rounds;
  RungPlan plan{.candidates = count, .rounds = rounds, .is_last = count <= kFinalists};
  const double visit = share_of(count) / (static_cast<double>(count) * rounds);
  const double window = std::max((visit - Seconds(cost.start)) / LoadsOf(count, cost), 0.0);
  plan.window = std::clamp(FromSeconds(std::min(window, Seconds(kMostWindow))), kLeastWindow, kMostWindow);
  return plan;
}

Duration TimeOf(const RungPlan& rung, const VisitCost& cost) {
  double seconds =
      static_cast<double>(rung.candidates) * rung.rounds * VisitSeconds(rung.candidates, cost, rung.window);
  size_t candidates = rung.candidates;
  for (int rungs = RungsFrom(candidates); rungs > 1; --rungs) {
    candidates = Half(candidates);
    seconds += static_cast<double>(candidates) * RoundsOf(candidates) * VisitSeconds(candidates, cost, rung.window);
  }
  return FromSeconds(seconds);
}

std::vector<Standing> Ranked(std::span<const Standing> standings) {
  std::vector<Standing> ranked(standings.begin(), standings.end());
  std::stable_sort(ranked.begin(), ranked.end(), IsBetter);
  return ranked;
}

Cut CutToHalf(std::span<const Standing> standings) {
  Cut cut;
  const std::vector<Standing> ranked = Ranked(standings);
  if (ranked.empty()) return cut;
  const Standing& best = ranked.front();
  const size_t most = Half(ranked.size());
  for (const Standing& standing : ranked) {
    if (standing.has_failed) {
      cut.failed.push_back(standing.candidate);
    } else if (standing.score.high < best.score.low) {
      cut.worse.push_back(standing.candidate);
    } else if (cut.kept.size() < most) {
      cut.kept.push_back(standing.candidate);
    } else {
      cut.untold.push_back(standing.candidate);
    }
  }
  return cut;
}

}  // namespace trireme::tune
