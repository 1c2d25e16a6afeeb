// SPDX-License-Identifier: Apache-2.0
#include "server/load_gauges.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace trireme {
namespace {

using metrics::FamilySamples;
using metrics::Labels;
using metrics::ModelDemand;

FamilySamples Gauge(std::string name, std::string help) {
  return {.family = {std::move(name), std::move(help)}, .kind = FamilySamples::Kind::kGauge, .samples = {}};
}

// "0.99", the shortest that means the same.
std::string QuantileText(double quantile) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, quantile).ptr};
}

// Without what 1 - 0.99 has behind its second digit. p99.99 leaves 0.0001, which is far from that.
double AllowedLateShare(const ServiceGoal& goal) {
  constexpr double kParts = 1e6;
  return std::round((1 - goal.quantile) * kParts) / kParts;
}

ModelDemand DemandOf(const ModelWork& work, const metrics::DemandEstimate& estimate) {
  return {.processors = estimate.processors(),
          // Of another device, an instance has one.
          .most_processors = static_cast<double>(work.instances) * (work.on_processors ? work.threads : 1),
          .allowed_utilisation = work.allowed_utilisation,
          .on_processors = work.on_processors};
}

// A loop as work that never ends: a part for every nanosecond of it, so that its rate is its part of a processor.
metrics::WorkTotals TotalsOfLoop(Duration used) {
  const auto parts = static_cast<uint64_t>(std::max<Duration::rep>(used.count(), 0));
  return {.came = parts, .run = parts, .run_time = used};
}

}  // namespace

LoadGauges::LoadGauges(metrics::Registry& registry, Source source, const Clock& clock)
    : source_(std::move(source)),
      clock_(clock),
      connections_({}, clock.Now()),
      families_(registry.ReadFamilies([this] { return Families(); })) {
  Update();
}

void LoadGauges::Update() {
  std::vector<ModelWork> models = source_.models();
  const std::vector<Duration> used = source_.loop_times ? source_.loop_times() : std::vector<Duration>();
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  const Duration ran = UpdateModels(now, std::move(models));
  UpdateLoops(now, used, ran);
}

Duration LoadGauges::UpdateModels(TimePoint now, std::vector<ModelWork> models) {
  std::map<ModelId, Model> updated;
  Duration ran(0);
  for (ModelWork& work : models) {
    const auto known = models_.find(work.id);
    if (known != models_.end()) ran += work.totals.on_loops - known->second.work.totals.on_loops;
    const ModelId id = work.id;
    metrics::DemandEstimate estimate =
        known == models_.end() ? metrics::DemandEstimate(work.totals, now) : known->second.estimate;
    estimate.Update(work.totals, now);
    updated.emplace(id, Model{.work = std::move(work), .estimate = estimate});
  }
  models_ = std::move(updated);
  return ran;
}

void LoadGauges::UpdateLoops(TimePoint now, const std::vector<Duration>& used, Duration ran) {
  Duration all(0);
  for (size_t i = 0; i < used.size(); ++i) {
    const metrics::WorkTotals totals = TotalsOfLoop(used[i]);
    if (i == loops_.size()) loops_.emplace_back(totals, now);
    loops_[i].Update(totals, now);
    all += used[i];
  }
  connections_used_ += std::max(all - loops_used_ - ran, Duration(0));
  loops_used_ = all;
  connections_.Update(TotalsOfLoop(connections_used_), now);
}

std::vector<FamilySamples> LoadGauges::Families() const {
  FamilySamples server =
      Gauge("trireme_load_ratio", "What is wanted of the server, by what its goals allow: 1 is full.");
  FamilySamples each = Gauge("trireme_model_load_ratio", "What is wanted of a model, by what its goal allows.");
  FamilySamples wanted = Gauge("trireme_replicas_wanted",
                               "Part of this server that its load wants, at a ratio of 0.8: the sum over all replicas "
                               "is their number.");
  FamilySamples goals = Gauge("trireme_slo_seconds", "The time in which a share of a model's answers is to come.");
  FamilySamples late =
      Gauge("trireme_late_ratio_allowed", "The share of a model's answers that its goal lets be late.");
  std::vector<ModelDemand> demands;
  double loops = 0;
  double connections = 0;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, model] : models_) {
      demands.push_back(DemandOf(model.work, model.estimate));
      // A label would not be what the name is, and perhaps that of another one.
      if (!IsUtf8(id.name)) continue;
      Labels labels = {{"model", id.name}, {"version", std::to_string(id.version)}};
      each.samples.emplace_back(labels, metrics::LoadRatio(demands.back(), source_.processors));
      if (!model.work.goal) continue;
      late.samples.emplace_back(labels, AllowedLateShare(*model.work.goal));
      labels.emplace_back("quantile", QuantileText(model.work.goal->quantile));
      goals.samples.emplace_back(labels, std::chrono::duration<double>(model.work.goal->latency).count());
    }
    for (const metrics::DemandEstimate& loop : loops_) loops += loop.processors();
    connections = connections_.processors();
    if (!loops_.empty()) loops /= static_cast<double>(loops_.size());
  }
  const double ratio = std::max(metrics::LoadRatio(demands, source_.processors, connections), loops);
  server.samples.push_back({{}, ratio});
  wanted.samples.push_back({{}, metrics::ReplicasWanted(ratio)});
  return {std::move(server), std::move(each), std::move(wanted), std::move(goals), std::move(late)};
}

}  // namespace trireme
