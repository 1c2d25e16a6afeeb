// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "base/mutex.h"
#include "metrics/registry.h"
#include "model/model_id.h"
#include "scheduler/model_metrics.h"

namespace trireme {

// The one ModelMetrics of each version, however many generations of it live: a series has one source. It lives for as
// long as somebody holds it.
//
// Thread-safe. The registry must outlive what is taken; the shelf need not.
class MetricsShelf {
 public:
  explicit MetricsShelf(metrics::Registry& registry) : registry_(registry) {}

  // Made when nobody holds it; waits for one that is just being destroyed.
  std::shared_ptr<ModelMetrics> Take(const ModelId& id);

 private:
  struct Places {
    Mutex mutex;
    CondVar freed;
    std::map<ModelId, std::weak_ptr<ModelMetrics>> taken GUARDED_BY(mutex);
  };

  metrics::Registry& registry_;
  const std::shared_ptr<Places> places_ = std::make_shared<Places>();  // shared with all that was taken
};

}  // namespace trireme
