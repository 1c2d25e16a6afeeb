// SPDX-License-Identifier: Apache-2.0
#include "tune/visit.h"

#include <algorithm>

namespace trireme::tune {
namespace {

constexpr int kGrowth = 4;
constexpr double kWorthMore = 1.05;  // less than this is noise as easily

bool BringsMore(const std::vector<LoadPoint>& points) {
  if (points.size() < 2) return true;
  double before = 0;
  for (size_t i = 0; i + 1 < points.size(); ++i) before = std::max(before, points[i].per_second);
  return points.back().per_second > before * kWorthMore;
}

}  // namespace

bool Keeps(const LoadPoint& point, const std::optional<ServiceGoal>& goal) {
  if (point.is_open) return point.per_second > 0;
  if (point.failed > 0 || point.answered == 0) return false;
  return !goal || point.at_quantile <= goal->latency;
}

const LoadPoint* BestOf(const Visit& visit, const std::optional<ServiceGoal>& goal) {
  const bool has_open = std::ranges::any_of(visit.points, &LoadPoint::is_open);
  const LoadPoint* best = nullptr;
  for (const LoadPoint& point : visit.points) {
    if ((has_open && !point.is_open) || !Keeps(point, goal)) continue;
    if (best == nullptr || point.per_second > best->per_second) best = &point;
  }
  return best;
}

double ScoreOf(const Visit& visit, const std::optional<ServiceGoal>& goal) {
  const LoadPoint* best = BestOf(visit, goal);
  return best == nullptr ? 0 : best->per_second;
}

const LoadPoint* LightestOf(const Visit& visit) {
  const LoadPoint* lightest = nullptr;
  for (const LoadPoint& point : visit.points) {
    if (point.is_open || point.answered == 0) continue;
    if (lightest == nullptr || point.users < lightest->users) lightest = &point;
  }
  return lightest;
}

std::optional<int> NextUsers(const std::vector<LoadPoint>& points, int most, int best_before,
                             const std::optional<ServiceGoal>& goal) {
  if (points.empty()) return 1;
  const LoadPoint& last = points.back();
  if (!Keeps(last, goal) || last.users >= most) return std::nullopt;
  if (best_before > 0) {
    for (const int users : {best_before / 2, best_before, best_before * 2}) {
      if (users > last.users && users <= most) return users;
    }
    return std::nullopt;
  }
  if (!BringsMore(points)) return std::nullopt;
  return std::min(last.users * kGrowth, most);
}

}  // namespace trireme::tune
