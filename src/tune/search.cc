// SPDX-License-Identifier: Apache-2.0
#include "tune/search.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <utility>

namespace trireme::tune {
namespace {

constexpr double kLoadsAtFirst = 6;     // of a visit, before any tells
constexpr double kLoadsOfGoodput = 25;  // with a goal, in the last rung
constexpr double kPatience = 1.25;      // times the budget, before a rung is cut short

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

class Search {
 public:
  Search(size_t candidates, const std::vector<bool>& refused, const SearchRules& rules, const std::vector<Visit>& done,
         SearchHost& host)
      : rules_(rules), done_(done), host_(host), random_(rules.seed) {
    result_.fates.resize(candidates);
    for (size_t i = 0; i < candidates; ++i) {
      if (refused[i]) {
        result_.fates[i].kind = Fate::Kind::kRefused;
      } else {
        left_.push_back(i);
      }
    }
  }

  Result<SearchResult> Run() {
    if (left_.empty()) return std::move(result_);
    ASSIGN_OR_RETURN(const Visit first, Visited({.rung = -1, .candidate = left_[0], .window = kLeastWindow}));
    Note(first);
    std::vector<size_t> rest(left_.begin() + 1, left_.end());
    std::shuffle(rest.begin(), rest.end(), random_);
    std::ranges::copy(rest, left_.begin() + 1);
    for (bool goes_on = true; goes_on;) {
      ASSIGN_OR_RETURN(goes_on, RunRung());
    }
    result_.rungs = rung_;
    std::erase_if(result_.standings, [&](const Standing& standing) { return HasFailed(standing.candidate); });
    std::ranges::stable_sort(result_.standings, [&](const Standing& a, const Standing& b) {
      return result_.fates[a.candidate].rung > result_.fates[b.candidate].rung;
    });
    return std::move(result_);
  }

 private:
  bool has_goodput() const { return rules_.goal.has_value(); }

  RungPlan Plan() const {
    if (!rules_.whole_grid) return PlanRung(left_.size(), rules_.budget - spent_, cost_);
    return {.candidates = left_.size(), .rounds = rules_.rounds, .window = rules_.window, .is_last = true};
  }

  // From what was measured before, or measured now.
  Result<Visit> Visited(const VisitOrder& order) {
    const bool is_known = next_done_ < done_.size() && done_[next_done_].rung == order.rung &&
                          done_[next_done_].round == order.round && done_[next_done_].candidate == order.candidate;
    if (is_known) return done_[next_done_++];
    // What follows belongs to another course of events.
    next_done_ = done_.size();
    return host_.Measure(order);
  }

  void Note(const Visit& visit) {
    spent_ += visit.length;
    if (!visit.failure.empty()) {
      result_.fates[visit.candidate] = {.kind = Fate::Kind::kFailed, .rung = rung_, .failure = visit.failure};
      return;
    }
    if (const LoadPoint* best = BestOf(visit, rules_.goal); best != nullptr && best->users > 0) {
      best_users_[visit.candidate] = best->users;
    }
    starts_ += visit.start;
    ++started_;
    cost_.start = starts_ / started_;
    if (visit.window <= Duration(0) || visit.rung < 0) return;
    windows_ += Seconds(visit.length - visit.start) / Seconds(visit.window);
    ++measured_;
    // Longer windows change nothing in the share that they take.
    cost_.loads = std::max(windows_ / measured_, 1.0);
    cost_.last_loads = has_goodput() ? std::max(kLoadsOfGoodput, cost_.loads) : cost_.loads;
  }

  bool HasFailed(size_t candidate) const { return result_.fates[candidate].kind == Fate::Kind::kFailed; }

  bool IsTimeUp() const { return !rules_.whole_grid && Seconds(spent_) > kPatience * Seconds(rules_.budget); }

  void Tell(const RungPlan& plan, size_t done, const VisitOrder& next) {
    const size_t planned = left_.size() * static_cast<size_t>(plan.rounds);
    const Duration all = rules_.whole_grid ? TimeOfVisits(planned, plan) : TimeOf(plan, cost_);
    int rungs = rung_ + 1;
    for (size_t n = plan.candidates; !plan.is_last && n > kFinalists; n = (n + 1) / 2) ++rungs;
    host_.OnProgress({.visits_done = done,
                      .visits_planned = planned,
                      .rung = rung_,
                      .rungs = rungs,
                      .time_spent = spent_,
                      .time_left = std::max(all - TimeOfVisits(done, plan), Duration(0))},
                     next);
  }

  Duration TimeOfVisits(size_t visits, const RungPlan& plan) const {
    const double loads = plan.is_last ? cost_.last_loads : cost_.loads;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
        static_cast<double>(visits) * (Seconds(cost_.start) + loads * Seconds(plan.window))));
  }

  // Every candidate once, in an order of its own each time, so that a machine that gets slower with time is not unjust.
  // False: the time was up before the end.
  Result<bool> RunRound(const RungPlan& plan, int round, std::map<size_t, std::vector<Visit>>& visits) {
    std::vector<size_t> order = left_;
    std::shuffle(order.begin(), order.end(), random_);
    for (size_t i = 0; i < order.size(); ++i) {
      if (HasFailed(order[i])) continue;
      if (IsTimeUp()) return false;
      const auto best = best_users_.find(order[i]);
      const VisitOrder next = {.rung = rung_,
                               .round = round,
                               .candidate = order[i],
                               .window = plan.window,
                               .is_last = plan.is_last,
                               .best_before = best == best_users_.end() || rung_ == 0 ? 0 : best->second};
      Tell(plan, static_cast<size_t>(round) * order.size() + i, next);
      ASSIGN_OR_RETURN(Visit visit, Visited(next));
      Note(visit);
      visits[order[i]].push_back(std::move(visit));
    }
    return true;
  }

  // Who has no time left to be measured is left out; the first candidate never is.
  void LeaveOut(size_t kept) {
    for (size_t i = kept; i < left_.size(); ++i) {
      Fate& fate = result_.fates[left_[i]];
      fate = {.kind = rung_ == 0 ? Fate::Kind::kLeftOut : Fate::Kind::kUntold, .rung = std::max(rung_ - 1, 0)};
    }
    left_.resize(kept);
  }

  // Those who have failed stand nowhere.
  std::vector<Standing> StandingsOf(const std::map<size_t, std::vector<Visit>>& visits) {
    std::vector<std::vector<double>> scores;
    std::vector<Standing> standings;
    for (const auto& [candidate, all] : visits) {
      std::vector<double> own;
      std::vector<Duration> latencies;
      for (const Visit& visit : all) {
        if (!visit.failure.empty()) continue;
        own.push_back(ScoreOf(visit, rules_.goal));
        if (const LoadPoint* lightest = LightestOf(visit)) latencies.push_back(lightest->at_quantile);
      }
      if (own.empty() || HasFailed(candidate)) continue;
      std::ranges::sort(latencies);
      const Duration latency = latencies.empty() ? Duration::max() : latencies[latencies.size() / 2];
      standings.push_back({.candidate = candidate, .score = {}, .latency = latency});
      scores.push_back(std::move(own));
    }
    result_.noise = PooledNoise(scores);
    for (size_t i = 0; i < standings.size(); ++i) standings[i].score = IntervalOf(scores[i], result_.noise);
    return standings;
  }

  void Settle(const std::vector<Standing>& standings) {
    for (const Standing& standing : standings) {
      std::erase_if(result_.standings, [&](const Standing& old) { return old.candidate == standing.candidate; });
    }
    const std::vector<Standing> ranked = Ranked(standings);
    result_.standings.insert(result_.standings.end(), ranked.begin(), ranked.end());
  }

  void Let(const std::vector<size_t>& candidates, Fate::Kind kind) {
    for (const size_t candidate : candidates) result_.fates[candidate] = {.kind = kind, .rung = rung_};
  }

  // False: it was the last.
  Result<bool> RunRung() {
    std::erase_if(left_, [&](size_t candidate) { return HasFailed(candidate); });
    if (left_.empty()) return false;
    const RungPlan plan = Plan();
    if (plan.candidates < left_.size()) result_.time_was_up = true;
    LeaveOut(plan.candidates);
    std::map<size_t, std::vector<Visit>> visits;
    int rounds = 0;
    for (bool is_whole = true; is_whole && rounds < plan.rounds;) {
      std::map<size_t, std::vector<Visit>> with_round = visits;
      ASSIGN_OR_RETURN(is_whole, RunRound(plan, rounds, with_round));
      // A round that was cut short would be unjust to those who came late; but the first of all is better than nothing.
      if (is_whole || (rung_ == 0 && rounds == 0)) visits = std::move(with_round);
      if (is_whole) ++rounds;
      result_.time_was_up = result_.time_was_up || !is_whole;
    }
    const std::vector<Standing> standings = StandingsOf(visits);
    Settle(standings);
    const bool ends = plan.is_last || rounds < plan.rounds || standings.empty();
    if (ends) {
      End(standings);
    } else {
      const Cut cut = CutToHalf(standings);
      Let(cut.worse, Fate::Kind::kWorse);
      Let(cut.untold, Fate::Kind::kUntold);
      left_ = cut.kept;
    }
    ++rung_;
    return !ends;
  }

  // Of those that are left some may not have been measured in this rung.
  void End(const std::vector<Standing>& standings) {
    for (const size_t candidate : left_) {
      if (HasFailed(candidate)) continue;
      const bool stands = std::ranges::find(standings, candidate, &Standing::candidate) != standings.end();
      const Fate::Kind unmeasured = rung_ == 0 ? Fate::Kind::kLeftOut : Fate::Kind::kFinalist;
      result_.fates[candidate] = {.kind = stands ? Fate::Kind::kFinalist : unmeasured,
                                  .rung = stands ? rung_ : std::max(rung_ - 1, 0)};
    }
  }

  const SearchRules& rules_;
  const std::vector<Visit>& done_;
  SearchHost& host_;
  std::mt19937_64 random_;
  SearchResult result_;
  std::vector<size_t> left_;  // candidates that are still in the search, the first look's first
  std::map<size_t, int> best_users_;
  size_t next_done_ = 0;
  int rung_ = 0;
  Duration spent_{0};
  VisitCost cost_{.start = std::chrono::seconds(1), .loads = kLoadsAtFirst, .last_loads = kLoadsOfGoodput};
  Duration starts_{0};
  int started_ = 0;
  double windows_ = 0;
  int measured_ = 0;
};

}  // namespace

Result<SearchResult> RunSearch(size_t candidates, const std::vector<bool>& refused, const SearchRules& rules,
                               const std::vector<Visit>& done, SearchHost& host) {
  return Search(candidates, refused, rules, done, host).Run();
}

}  // namespace trireme::tune
