// SPDX-License-Identifier: Apache-2.0
#include "scheduler/line_series.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace trireme::line_series {
namespace {

using metrics::FamilySamples;
using metrics::Labels;

constexpr size_t kMostSizes = 12;

FamilySamples Gauge(std::string name, std::string help, const Labels& labels, double value) {
  return {
      .family = {std::move(name), std::move(help)}, .kind = FamilySamples::Kind::kGauge, .samples = {{labels, value}}};
}

// Rows of different bytes count as one size here: the one that ran most stands for it.
FamilySamples RunSeconds(const Labels& labels, std::vector<RunTimes::Seen> seen) {
  FamilySamples family{.family = {"trireme_run_seconds",
                                  "How long a run of so many rows takes, as measured: narrow runs leave processors to "
                                  "others, wide ones have all."},
                       .kind = FamilySamples::Kind::kGauge,
                       .samples = {}};
  std::ranges::stable_sort(seen, std::greater(), &RunTimes::Seen::runs);
  std::map<std::pair<Arrangement, int64_t>, double> sizes;
  for (const RunTimes::Seen& one : seen) {
    if (sizes.size() == kMostSizes) break;
    sizes.emplace(std::pair(one.size.arrangement, one.size.rows),
                  std::chrono::duration<double>(one.estimate.typical).count());
  }
  for (const auto& [size, seconds] : sizes) {
    Labels more = labels;
    more.emplace_back("rows", std::to_string(size.second));
    more.emplace_back("arrangement", size.first == Arrangement::kWide ? "wide" : "narrow");
    std::ranges::sort(more);
    family.samples.emplace_back(std::move(more), seconds);
  }
  return family;
}

}  // namespace

std::shared_ptr<metrics::Counter> PredictedLate(metrics::Registry& registry, const Labels& labels) {
  return registry.GetCounter(
      {"trireme_predicted_late_total", "Requests refused because their answers would have come too late."}, labels);
}

std::shared_ptr<metrics::Counter> Late(metrics::Registry& registry, const Labels& labels) {
  return registry.GetCounter(
      {"trireme_late_total", "Answers past the model's goal or the request's deadline: runs in vain."}, labels);
}

std::vector<FamilySamples> Families(const Labels& labels, const LinePlanner::Account& account) {
  std::vector<FamilySamples> families;
  if (!account.times.empty()) families.push_back(RunSeconds(labels, account.times));
  families.push_back(Gauge("trireme_batch_limit_rows", "Rows that a batch has at most now.", labels,
                           static_cast<double>(account.batch_rows)));
  if (account.has_wide) {
    families.push_back(Gauge("trireme_wide", "1: a request that comes alone has all processors; 0: one.", labels,
                             account.arrangement == Arrangement::kWide ? 1 : 0));
  }
  if (!account.goal) return families;
  families.push_back(Gauge("trireme_goal_margin", "Of the goal's time, the share that is promised to requests.", labels,
                           account.margin));
  families.push_back(Gauge("trireme_late_ratio", "Of the last some hundred answers, those past the goal.", labels,
                           account.late_share));
  families.push_back(Gauge("trireme_prediction_error_ratio",
                           "What nine in ten predictions of an answer's time were wrong by at most, as a share of it.",
                           labels, account.error_p90));
  return families;
}

}  // namespace trireme::line_series
