// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "engine/engine.h"
#include "metrics/load_estimate.h"
#include "metrics/registry.h"

namespace trireme {

// Shows how much is wanted of the server against what it can give, for whoever adds and takes away replicas:
//
//   trireme_load_ratio                            1: full; how busy the loops are, where that is more
//   trireme_model_load_ratio{model,version}       the same of what one model may have
//   trireme_replicas_wanted                       trireme_load_ratio / 0.8: the sum over all replicas is their number
//   trireme_slo_seconds{model,version,quantile}   the goal of a model that has one: quantile 0.99
//   trireme_late_ratio_allowed{model,version}     what that quantile leaves, as a number that rules can reckon with:
//   0.01
//
// metrics/load_estimate.h says how the ratio is made, and how fast it follows. Thread-safe.
class LoadGauges {
 public:
  struct Source {
    std::function<std::vector<ModelWork>()> models;          // that serve
    std::function<std::vector<Duration>()> loop_times = {};  // of processor that each event loop has used; or nobody
    int processors = 1;                                      // that the process may keep busy
  };

  // What the source asks, and the registry, must outlive it.
  LoadGauges(metrics::Registry& registry, Source source, const Clock& clock = Clock::System());

  // To be called about once a second: the gauges are what they were the last time.
  void Update();

 private:
  struct Model {
    ModelWork work;
    metrics::DemandEstimate estimate;
  };

  // What loops have run of models since the last time.
  Duration UpdateModels(TimePoint now, std::vector<ModelWork> models) REQUIRES(mutex_);
  void UpdateLoops(TimePoint now, const std::vector<Duration>& used, Duration ran) REQUIRES(mutex_);
  std::vector<metrics::FamilySamples> Families() const;

  const Source source_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<ModelId, Model> models_ GUARDED_BY(mutex_);
  std::vector<metrics::DemandEstimate> loops_ GUARDED_BY(mutex_);
  // What loops do but for models, all of them together.
  Duration loops_used_ GUARDED_BY(mutex_){0};
  Duration connections_used_ GUARDED_BY(mutex_){0};
  metrics::DemandEstimate connections_ GUARDED_BY(mutex_);
  metrics::CallbackHandle families_;  // last: it reads the above
};

}  // namespace trireme
