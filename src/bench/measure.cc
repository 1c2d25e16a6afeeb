// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include <utility>

#include "bench/report_text.h"

namespace trireme::bench {

Result<Measurement> Measure(Target& target, LoadPlan plan, const Gpus* gpus) {
  ResourceWatch watch(target.facts().pid, gpus);
  Result<LoadResult> load = target.Run(std::move(plan));
  Measurement measured{.resources = std::move(watch).Finish()};
  RETURN_IF_ERROR(load.status());
  Duration client_cpu{0};
  for (const Window& window : load->windows) {
    client_cpu += window.client_cpu;
    measured.latency.Add(window.latency);
    measured.failed += window.failures;
    measured.length += window.length;
  }
  if (measured.length > Duration(0)) {
    measured.per_second = static_cast<double>(measured.latency.count()) / Seconds(measured.length);
    measured.client_cores = Seconds(client_cpu) / Seconds(measured.length);
  }
  uint64_t answered = 0;
  for (const Moment& moment : load->moments) answered += moment.count;
  if (measured.resources.process_cpu && answered > 0) {
    measured.cpu_a_request = *measured.resources.process_cpu / static_cast<int64_t>(answered);
  }
  measured.failures = std::move(load->failures);
  measured.early_end = std::move(load->early_end);
  return measured;
}

}  // namespace trireme::bench
