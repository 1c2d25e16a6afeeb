// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/metrics_shelf.h"

#include <utility>

namespace trireme {

std::shared_ptr<ModelMetrics> MetricsShelf::Take(const ModelId& id) {
  {
    const MutexLock lock(places_->mutex);
    for (auto at = places_->taken.find(id); at != places_->taken.end(); at = places_->taken.find(id)) {
      if (std::shared_ptr<ModelMetrics> metrics = at->second.lock()) return metrics;
      places_->freed.Wait(places_->mutex);
    }
    places_->taken.emplace(id, std::weak_ptr<ModelMetrics>());  // others wait until it is filled
  }
  auto made = std::make_unique<ModelMetrics>(registry_, id);
  std::shared_ptr<ModelMetrics> metrics(made.release(), [places = places_, id](ModelMetrics* last) {
    std::unique_ptr<ModelMetrics>(last).reset();
    const MutexLock lock(places->mutex);
    places->taken.erase(id);
    places->freed.NotifyAll();
  });
  const MutexLock lock(places_->mutex);
  places_->taken[id] = metrics;
  places_->freed.NotifyAll();
  return metrics;
}

}  // namespace trireme
