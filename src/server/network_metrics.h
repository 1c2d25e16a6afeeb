// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "metrics/registry.h"
#include "net/listener.h"

namespace trireme {

// Shows what the network counted, and how long the process has used the processor. Both arguments must outlive it.
class NetworkMetrics {
 public:
  NetworkMetrics(metrics::Registry& registry, const net::NetCounters& counters);

 private:
  std::vector<metrics::CallbackHandle> series_;
};

}  // namespace trireme
