// SPDX-License-Identifier: Apache-2.0
#include "scheduler/goal_policy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace trireme {
namespace {

// Batches that are worth a look: powers of two, and the largest.
int64_t NextRows(int64_t rows, int64_t most) {
  return rows < most && rows > most / 2 ? most : rows * 2;
}

// A larger batch makes everybody wait longer: it must do this much more.
constexpr double kWorthwhile = 1.1;
constexpr double kAsGood = 0.95;

// More than what arrives on average comes at times.
constexpr double kHeadroom = 2;

// Of other requests that one finds at its arrival. Below the first a request is as good as alone; above the second
// there is nearly always somebody to share with.
constexpr double kAlone = 0.4;
constexpr double kCompany = 0.75;

// What splitting a run over the processors must gain.
constexpr double kWideGain = 0.9;

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

// Rows a second that are in time.
double InTime(const BatchChoice& choice, int64_t rows, Duration run) {
  const double each = Seconds(run) / choice.callers;  // between the beginnings of two runs
  const double done = static_cast<double>(rows) / each;
  if (choice.budget <= Duration(0)) return done;
  const double share = std::clamp(Seconds(choice.budget - run) / each, 0.0, 1.0);
  const double arriving = choice.rows_per_second > 0 ? choice.rows_per_second * kHeadroom : done;
  return std::min(done, arriving * share);
}

}  // namespace

int64_t BestRows(const RunTimes& times, const BatchChoice& choice) {
  std::vector<std::pair<int64_t, double>> sizes;
  double most = 0;
  double kept = -1;
  for (int64_t rows = 1; rows <= choice.max_rows; rows = NextRows(rows, choice.max_rows)) {
    const auto bytes = static_cast<size_t>(rows) * choice.row_bytes;
    const std::optional<RunTimes::Estimate> run = times.Expected({.rows = rows, .bytes = bytes});
    if (!run) return choice.max_rows;  // nothing is known
    sizes.emplace_back(rows, InTime(choice, rows, run->typical));
    most = std::max(most, sizes.back().second);
    if (rows == choice.now) kept = sizes.back().second;
  }
  const auto best = std::ranges::find_if(sizes, [&](const auto& size) { return size.second * kWorthwhile >= most; });
  if (best == sizes.end()) return 1;
  // What was chosen stays unless a larger batch does clearly more, or a smaller one hardly less.
  const bool stays =
      kept >= 0 && (best->first > choice.now ? most < kept * kWorthwhile : best->second < kept * kAsGood);
  return stays ? choice.now : best->first;
}

TimePoint PredictStart(const Ahead& ahead, const Processors::View& processors, TimePoint now) {
  const int64_t runs = ahead.rows / std::max<int64_t>(ahead.batch_rows, 1);
  const auto places = std::clamp<size_t>(static_cast<size_t>(std::max(ahead.callers, 1)), 1, processors.free_at.size());
  const TimePoint soonest = std::max(processors.free_at.front(), now);
  if (runs == 0) return soonest;
  const auto turn = static_cast<size_t>(runs) % places;
  const TimePoint alone =
      std::max(processors.free_at[turn], now) + ahead.batch_run * (runs / static_cast<int64_t>(places));
  if (processors.share >= 1) return alone;
  // Of its runs each has to wait for those of others, which are as long together as their share is larger.
  const auto shared = std::chrono::duration_cast<Duration>(
      ahead.batch_run * (static_cast<double>(runs) / (static_cast<double>(places) * processors.share)));
  return std::max(alone, soonest + shared);
}

Arrangement ChooseArrangement(const ArrangementChoice& choice) {
  if (choice.wide <= Duration(0) || choice.narrow <= Duration(0)) return Arrangement::kNarrow;
  if (Seconds(choice.wide) > kWideGain * Seconds(choice.narrow)) return Arrangement::kNarrow;
  const bool narrow_fails = std::max(choice.narrow, choice.narrow_most) > choice.budget;
  if (choice.budget > Duration(0) && narrow_fails && choice.wide < choice.budget) return Arrangement::kWide;
  if (choice.budget > Duration(0) && choice.narrow > choice.budget) return Arrangement::kWide;
  const double limit = choice.now == Arrangement::kWide ? kCompany : kAlone;
  return choice.company <= limit ? Arrangement::kWide : Arrangement::kNarrow;
}

double AllowedUtilisation(Duration run, int64_t rows, int places, const ServiceGoal& goal) {
  if (run <= Duration(0) || run >= goal.latency) return 1;
  const int at_a_time = std::max(places, 1);
  const Duration next_begins = rows > 1 ? run / at_a_time : Duration(0);
  const Duration spare = std::max(goal.latency - run - next_begins, Duration(0));
  const double runs = Seconds(spare) * at_a_time * static_cast<double>(rows) / Seconds(run);
  double low = 0;
  double high = 1;
  while (high - low > 1e-3) {
    const double middle = (low + high) / 2;
    const bool is_kept = middle * std::exp(-2 * (1 - middle) * runs) <= 1 - goal.quantile;
    (is_kept ? low : high) = middle;
  }
  return high;
}

FullUse FindFullUse(const RunTimes& times, int64_t max_rows, size_t row_bytes, int places,
                    const std::optional<ServiceGoal>& goal) {
  FullUse best;
  double most = 0;
  for (int64_t rows = 1; rows <= max_rows; rows = NextRows(rows, max_rows)) {
    const auto bytes = static_cast<size_t>(rows) * row_bytes;
    const std::optional<RunTimes::Estimate> run = times.Expected({.rows = rows, .bytes = bytes});
    if (!run || run->typical <= Duration(0)) continue;
    // What misses the goal does nothing in time; where all do, requests run alone.
    if (goal && rows > 1 && run->typical >= goal->latency) break;
    const double utilisation = goal ? AllowedUtilisation(run->typical, rows, places, *goal) : 1;
    const double done = utilisation * static_cast<double>(rows) / Seconds(run->typical);
    if (done <= most) continue;
    most = done;
    best = {.rows = rows, .run = run->typical, .utilisation = utilisation};
  }
  return best;
}

}  // namespace trireme
