// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/registry.h"
#include "server/proc_files.h"

namespace trireme {

// Shows how busy and full the machine is (nv_cpu_*, as Triton names it) and what the process has of it (process_*, the
// names that every Prometheus client library uses). /proc is read when somebody asks, and at no other time: a fraction
// of a millisecond. What cannot be read is not shown.
class HostMetrics {
 public:
  // Both must outlive it.
  HostMetrics(metrics::Registry& registry, const Clock& clock);

 private:
  std::vector<metrics::FamilySamples> Read();
  std::optional<double> CpuUtilization();

  const Clock& clock_;
  const std::optional<double> start_time_;  // seconds since 1970

  // Readers are called one at a time, but each on a thread of its own.
  Mutex mutex_;
  std::optional<CpuTicks> ticks_ GUARDED_BY(mutex_);
  TimePoint ticks_at_ GUARDED_BY(mutex_);
  double utilization_ GUARDED_BY(mutex_) = 0;

  metrics::CallbackHandle families_;  // last: it reads the above
};

}  // namespace trireme
