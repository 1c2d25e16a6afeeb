// SPDX-License-Identifier: Apache-2.0
#include "metrics/load_estimate.h"

#include <algorithm>
#include <cmath>

namespace trireme::metrics {
namespace {

constexpr double kTimeConstant = 5;  // seconds

// More often than this, what is new is mostly chance.
constexpr Duration kLeastInterval = std::chrono::milliseconds(100);

// A share so small would make any load a full one.
constexpr double kLeastUtilisation = 0.05;

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Counts begin anew where what was counted has gone and come back.
double Grown(uint64_t now, uint64_t before) {
  return now < before ? 0 : static_cast<double>(now - before);
}

double Utilisation(const ModelDemand& model) {
  return std::clamp(model.allowed_utilisation, kLeastUtilisation, 1.0);
}

}  // namespace

void DemandEstimate::Update(const WorkTotals& totals, TimePoint now) {
  if (now < at_ + kLeastInterval) return;
  const double elapsed = Seconds(now - at_);
  const double newest = 1 - std::exp(-elapsed / kTimeConstant);
  const auto follow = [&](double& rate, double grown) { rate += newest * (grown / elapsed - rate); };
  const double ran = Grown(totals.run, last_.run);
  const double busy = Seconds(totals.run_time - last_.run_time) + Seconds(totals.around_time - last_.around_time);
  follow(came_rate_, Grown(totals.came, last_.came));
  follow(run_rate_, ran);
  follow(busy_, std::max(busy, 0.0));
  // Both fall alike while nothing runs, in the end to nothing: what they said last stays.
  if (ran > 0) cost_ = busy_ / run_rate_;
  const double as_run = Seconds(totals.as_run - last_.as_run);
  follow(as_run_, std::max(as_run, 0.0));
  follow(when_full_, std::max(Seconds(totals.when_full - last_.when_full), 0.0));
  if (as_run > 0) saving_ = std::min(when_full_ / as_run_, 1.0);
  last_ = totals;
  at_ = now;
}

double LoadRatio(const ModelDemand& model, int processors) {
  const double most = std::max(model.most_processors, 1.0);
  const double had = model.on_processors ? std::min<double>(most, std::max(processors, 1)) : most;
  return model.processors / (had * Utilisation(model));
}

double LoadRatio(std::span<const ModelDemand> models, int processors, double connections) {
  double shared = connections;
  double worst = 0;
  for (const ModelDemand& model : models) {
    if (model.on_processors) shared += model.processors / Utilisation(model);
    worst = std::max(worst, LoadRatio(model, processors));
  }
  return std::max(shared / std::max(processors, 1), worst);
}

}  // namespace trireme::metrics
